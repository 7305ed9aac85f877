// The page begins here.
const page = document.getElementById("page");
const texts = await (await fetch("texts")).json();
page.textContent = texts.say;

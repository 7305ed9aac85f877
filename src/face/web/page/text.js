// The sentences of the one table in src/text, and how names, times and texts of strangers are shown.
let table = {};
let forms = null;
export let lang = 'en';

/** Loads the sentences of a language, or of the one that was chosen here, or of the program's. */
export async function load(wanted) {
	try {
		if (wanted) localStorage.setItem('lang', wanted);
		wanted = localStorage.getItem('lang');
	} catch { /* storage may be forbidden: it lasts as long as the page */ }
	const answer = await fetch(wanted ? `/texts?lang=${wanted}` : '/texts');
	table = await answer.json();
	lang = table.page_lang;
	document.documentElement.lang = lang;
	drawTexts();
	const form = (options) => new Intl.DateTimeFormat(lang === 'pt' ? 'pt-BR' : 'en-GB', options);
	forms = {
		time: form({ timeStyle: 'short' }),
		day: form({ dateStyle: 'full' }),
		moment: form({ dateStyle: 'short', timeStyle: 'short' }),
	};
}

/** Whether there is such a sentence here. */
export const has = (key) => key in table;

/** A sentence; `{placeholders}` become values. Of a count of 1 there may be a sentence of its own. */
export function t(key, values = {}) {
	const one = values.count === 1 ? table[`${key}_1`] : undefined;
	const sentence = one ?? table[key] ?? key;
	return sentence.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

// What has no picture, changes the direction or looks like our own marks is named by its number,
// but for the joiners, which some scripts need.
const UNSEEN = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}✓✔☑✅🗸✉]/gu;

/** A name that a stranger chose, safe beside our own signs. */
export function clean(name) {
	const seen = name.replace(UNSEEN, (sign) => `‹${sign.codePointAt(0).toString(16)}›`).trim();
	return seen.length > 64 ? `${seen.slice(0, 64)}…` : seen || '‹ ›';
}

/** How a person is called: with the digits of the key where the name is somebody else's. */
export function nameOf(who) {
	if (who.user === null || who.user === undefined) return t('page_nameless');
	const name = clean(who.user);
	const host = who.guest_of;
	if (host) return `~${name} (${t('page_by', { who: host.user ? nameOf(host) : clean(host) })})`;
	if (who.namesake && who.key) return `${name}#${who.key.slice(0, 4)}`;
	return who.plain ? `~${/\s/.test(name) ? `"${name}"` : name}` : name;
}

/** A name as a command takes it. */
export function typed(who) {
	const name = who.namesake && who.key ? `${who.user}#${who.key.slice(0, 4)}` : String(who.user);
	const word = who.plain ? `~${name}` : name;
	return /\s/.test(word) ? `"${word}"` : word;
}

/** A colour's angle that stays with a person: from the key, or from the name where there is none. */
function hueOf(who) {
	let hash = 0x811c9dc5;
	for (const unit of new TextEncoder().encode(who.key ?? who.user ?? '')) {
		hash = Math.imul(hash ^ unit, 0x01000193) >>> 0;
	}
	return (hash % 24) * 15;
}

/** A name, and at which other network. */
export const placed = (who) => (who.site ? `${nameOf(who)} @${clean(who.site)}` : nameOf(who));

/** A name in its colour. */
export function named(who) {
	const name = make('bdi', 'who', nameOf(who));
	name.style.setProperty('--hue', hueOf(who));
	return name;
}

export const timeOf = (ms) => forms.time.format(ms);
export const dayOf = (ms) => forms.day.format(ms);
export const momentOf = (ms) => forms.moment.format(ms);

/** A length as people say it. */
export function sizeOf(bytes) {
	const units = ['B', 'kB', 'MB', 'GB'];
	let [scaled, unit] = [bytes, 0];
	for (; scaled >= 999.5 && unit < units.length - 1; unit += 1) scaled /= 1000;
	const digits = unit > 0 && scaled < 99.95 ? 1 : 0;
	const form = { minimumFractionDigits: digits, maximumFractionDigits: digits };
	return `${scaled.toLocaleString(lang === 'pt' ? 'pt-BR' : 'en-GB', form)} ${units[unit]}`;
}

export const at = (id) => document.getElementById(id);
export const on = (target, event, act) => target.addEventListener(event, act);
/** What a table of our own has under a stranger's name. */
export const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);

/** A new element with a class, and with texts and elements in it. */
export function make(tag, look, ...parts) {
	const made = document.createElement(tag);
	if (look) made.className = look;
	made.append(...parts);
	return made;
}

/** Puts sentences where the document has their names. */
function drawTexts() {
	const each = (name, put) => {
		for (const element of document.querySelectorAll(`[data-${name}]`)) put(element, t(element.dataset[name]));
	};
	each('text', (element, words) => { element.textContent = words; });
	each('label', (element, words) => {
		element.ariaLabel = words;
		element.placeholder = words;
	});
}

/** Calls something when a form is sent. */
export function onSent(form, act) {
	on(form, 'submit', (event) => {
		event.preventDefault();
		act();
	});
}

const LINKS_MAX = 20;
const LINK_MAX_LETTERS = 2000;
const LINK = /https?:\/\/[^\s<>"\x60\p{Cc}\p{Cf}]+/gu;

function withoutTail(link) {
	let left = link;
	for (;;) {
		const last = left.at(-1);
		const opened = { ')': '(', ']': '[' }[last];
		const isTail = opened ? left.split(opened).length < left.split(last).length : /[.,;:!?'*_…]/.test(last);
		if (!isTail) return left;
		left = left.slice(0, -1);
	}
}

/** Puts a stranger's text into an element: as text, in which addresses of the web are links. */
export function fill(element, text) {
	let at = 0;
	let links = 0;
	for (const found of text.matchAll(LINK)) {
		if (found[0].length > LINK_MAX_LETTERS) continue;
		const address = withoutTail(found[0]);
		if (!URL.canParse(address)) continue;
		if ((links += 1) > LINKS_MAX) break;
		const link = make('a', '', address);
		link.href = address;
		link.target = '_blank';
		link.rel = 'noopener noreferrer';
		element.append(text.slice(at, found.index), link);
		at = found.index + address.length;
	}
	element.append(text.slice(at));
}

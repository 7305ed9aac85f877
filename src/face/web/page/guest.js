// The page of a guest, on a telephone: what is said and offered, and an entry; by https a voice, too.
// It can do nothing else, and the host's program offers it nothing else.
import { at, has, load, make, on, onSent, t } from './text.js';
import { Room } from './store.js';
import { Voice } from './speak.js';
import { Stage } from './stage.js';
import { View } from './view.js';
import { download, takeFiles, useActs } from './files.js';
import { all, objects, takeToken } from './wire.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

const room = new Room('roda');
const says = (words) => { at('status').textContent = words; };
const view = new View(at('log'), {
	older() {},
	newest: () => view.toBottom(),
	moved: () => { at('newest').hidden = view.isAtBottom; },
});

const stage = new Stage({
	sends: location.protocol === 'https:' ? ['sound'] : [],
	async connect(sdp) {
		const response = await ask('/guest/offer', { sdp });
		if (!response.ok) throw new Error(await response.text());
		const [answer] = await all(response);
		return answer;
	},
	changed() {},
	again: () => voice?.resume(),
});
/** Only by https. */
let voice = null;

async function act(what, peer, isLast = false) {
	const headers = { Authorization: `Bearer ${session}` };
	const body = JSON.stringify({ peer, ...what });
	const response = await fetch('/guest/call', { method: 'POST', headers, body, keepalive: isLast });
	if (!response.ok) throw new Error(await response.text());
}
// Nothing is played before it is asked for.
const watch = make('button');
on(watch, 'click', async () => {
	watch.hidden = true;
	try {
		await stage.open();
	} catch (error) {
		stage.close();
		watch.hidden = false;
		says(error.message);
	}
});

/** Somebody can be seen or heard, or nobody any more. */
function drawCall(state) {
	stage.told(state);
	const isOn = [...state.pictures, ...state.voices].some(Boolean);
	at('call').hidden = !isOn && !voice;
	watch.textContent = `▶ ${t('page_call_watch')}`;
	watch.hidden = stage.isIn || !isOn;
	if (!isOn && stage.isIn && !voice?.track) {
		stage.close();
		watch.hidden = true;
	}
}

let link = null;
let session = sessionStorage.getItem('session');

function ask(path, body, token = session) {
	const headers = { Authorization: `Bearer ${token}` };
	return fetch(path, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers });
}

const FILES = {
	grown: () => view.isResized(),
	async read(id) {
		const response = await ask(`/guest/files/${id}`);
		if (!response.ok) throw new Error(await response.text());
		return response.blob();
	},
	async save(file) {
		const response = await ask(`/guest/tickets/${file.id}`, {});
		if (response.ok) download('/guest/files/', file, (await response.json()).ticket);
		else says(await response.text());
	},
};

function take(event) {
	if (event.event === 'ready') {
		room.me = event;
		at('room').textContent = event.room;
	} else if (event.event === 'message') {
		const own = event.guest !== undefined && event.guest === room.me?.guest;
		// A line of the plain wire has no id, and is told again after a break.
		const id = event.id ?? `${event.time} ${event.user} ${event.data}`;
		room.main.say({ ...room.itemOf(event), id, own, progress: { has: 0, of: 0, waiting: [] } });
	} else if (event.event === 'file') {
		room.offered(event);
	} else if (event.event === 'edited' || event.event === 'deleted') {
		room.amend({ ...event, deleted: event.event === 'deleted' });
	} else if (event.event === 'note' || event.event === 'error') {
		says(event.data ?? '');
	} else if (event.event === 'call') {
		drawCall(event);
	} else if (event.event === 'muted' || event.event === 'unmuted') {
		if (event.event === 'muted') voice?.stop();
		// Whoever cannot speak here lacks nothing.
		if (voice) says(event.data ?? '');
	} else if (event.event === 'ended') {
		leave(event.data ?? t('guest_out'));
	}
}

function leave(words) {
	session = null;
	sessionStorage.removeItem('session');
	voice?.stop();
	stage.close();
	at('call').hidden = true;
	says(words);
	show();
}

/** The first screen, or the conversation. */
function show() {
	at('enter').hidden = session !== null || !link;
	for (const id of ['log', 'say']) at(id).hidden = session === null;
	at('call').hidden = session === null || !voice;
	view.show(room.main);
}

/** Reads what is said for as long as this guest is in. */
async function listen() {
	let wait = FIRST_WAIT_MS;
	while (session) {
		try {
			const response = await ask('/guest/events');
			if (response.status === 401 || response.status === 403) return leave(t('guest_out'));
			if (!response.ok) throw new Error(await response.text());
			says('');
			for await (const some of objects(response.body)) {
				some.forEach(take);
				wait = FIRST_WAIT_MS;
			}
		} catch { /* a telephone loses its network often */ }
		if (!session) return null;
		says(t('guest_lost'));
		await new Promise((resolve) => { setTimeout(resolve, wait); });
		wait = Math.min(2 * wait, LONGEST_WAIT_MS);
	}
	return null;
}

async function enter(name) {
	const response = await ask('/guest/enter', { name }, link);
	const answer = response.ok ? await all(response) : [{ data: await response.text() }];
	const entered = answer.find((event) => event.session);
	if (!entered) return says(answer[0]?.data ?? t('guest_out'));
	session = entered.session;
	sessionStorage.setItem('session', session);
	says('');
	answer.forEach(take);
	show();
	at('entry').focus();
	return listen();
}

async function send() {
	const say = at('entry').value;
	if (!say.trim()) return;
	at('entry').value = '';
	try {
		const response = await ask('/guest/say', { say });
		const answer = response.ok ? await all(response) : [{ event: 'error', data: await response.text() }];
		const refused = answer.find(({ event }) => event === 'error');
		says(refused?.data ?? '');
		if (refused) at('entry').value = say;
	} catch {
		at('entry').value = say;
		says(t('guest_lost'));
	}
}

async function start() {
	link = takeToken('link');
	await load();
	if (location.protocol === 'https:') {
		voice = new Voice({ stage, act, says });
		at('about').textContent = t('guest_warning_https');
	}
	if (has('guest_speak_by') && link) {
		const open = at('by-https').querySelector('a');
		open.href = `https://${location.host}/#${link}`;
		open.textContent = t('guest_speak_go');
		at('by-https').hidden = false;
	}
	at('call').replaceChildren(...voice ? [voice.air, voice.button] : [], watch, stage.grid, stage.voices, stage.speakers);
	useActs(FILES);
	takeFiles(() => session && { path: '/guest/files', token: session, answered() {}, failed: says });
	onSent(at('enter'), () => enter(at('name').value));
	onSent(at('say'), send);
	on(at('newest'), 'click', () => view.toBottom());
	on(at('entry'), 'keydown', (event) => {
		if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
		event.preventDefault();
		send();
	});
	if (!link && !session) says(t('guest_no_link'));
	show();
	if (session) listen();
}

start();

// The page: what the program tells goes into the store and is shown; what is done here is asked of it.
import { at, clean, lang, load, make, momentOf, nameOf, on, onSent, own, t } from './text.js';
import { Room } from './store.js';
import { sentenceOf } from './sentences.js';
import { View } from './view.js';
import { download, takeFiles, useActs } from './files.js';
import { People, Panel, button, codeParts } from './people.js';
import { Talk } from './talk.js';
import { Wire, takeToken } from './wire.js';
import { Call } from './call.js';

const HISTORY_STEP = 150;
// Private messages may be rare.
const HISTORY_TRIES = 6;

const rooms = new Map();
// The conversation that is shown.
let current = null;
let wire = null;
let isAsking = false;
let notifies = false;
let quietUntil = 0;
let hasEnded = false;
// Whether what is told is the state of the rooms.
let isState = false;

const view = new View(at('log'), { older, moved, newest });
const panel = new Panel(at('dialog'));
const people = new People(at('people'), { choose: (who) => talk.choose(who) });
const talk = new Talk({
	panel,
	view,
	get current() { return current; },
	ask,
	show,
	find,
	newest,
	clear() {
		current.reset([], false, false);
		// All of it comes back when the page is loaded again.
		moved();
	},
	quietUntil(ms) { quietUntil = ms; },
});

const call = new Call(at('call'), {
	wire: () => wire,
	room: () => current?.room.name,
	me: (room) => (rooms.get(room) ?? current?.room)?.me,
	command: (line, room) => ask({ command: line, room }),
	drawn: () => current && draw(),
});

function showCall(isShown) {
	at('call').hidden = !isShown;
	at('show-call').ariaExpanded = String(isShown);
}

function roomOf({ room }) {
	if (!rooms.has(room)) rooms.set(room, new Room(room));
	const found = rooms.get(room);
	if (!current) show(found.main);
	return found;
}

const titleOf = ({ room, peer }) => (peer ? `✉ ${nameOf(peer)}` : clean(room.name));
const isSeen = (conversation) => conversation === current && view.isAtBottom && !conversation.isCut && document.hasFocus();

/** A message that was not here. */
function arrived(room, item) {
	const places = room.placesOf(item);
	if (item.own || places.some(isSeen)) return;
	for (const conversation of places) {
		if (conversation !== current || !isSeen(conversation)) conversation.isUnread(item);
	}
	const me = room.me?.user?.toLowerCase();
	const isCalled = item.private || (me && item.data.toLowerCase().includes(me));
	if (notifies && Date.now() > quietUntil && isCalled && document.hidden && wire.isLeader) {
		const notice = new Notification(nameOf(item), { body: item.data.slice(0, 200), tag: item.id });
		notice.onclick = () => { window.focus(); show(places.at(-1)); };
	}
}

/** Takes in the state of the rooms, which was told message by message. */
function settle() {
	isState = false;
	for (const room of rooms.values()) {
		// Private messages and guests are told behind the others.
		const batch = room.batch.splice(0).sort((one, other) => (one.place && other.place ? one.place.localeCompare(other.place) : one.at - other.at));
		for (const item of room.main.catchUp(batch)) arrived(room, item);
		for (const item of batch) for (const conversation of room.placesOf(item)) conversation.say(item);
		for (const report of room.reports.splice(0)) STATE.delivered(room, report);
	}
}

const goesThere = (room, { request }) => request && show(room.main);

const STATE = {
	ready(room, event) {
		room.me = event;
		room.isKeyed = event.keyed === true;
		room.amendMember(event, { own: true });
	},
	members: (room, event) => room.setMembers(event.members),
	left: (room, event) => room.removeMember(event),
	far: (room, event) => (event.state === 'gone'
		? room.member(event)?.beyond && room.removeMember(event)
		: room.amendMember(event, { beyond: true, site: event.name })),
	site: (room, event) => room.site(event),
	sites: (room, event) => event.sites.forEach((site) => room.site(site)),
	joined: goesThere,
	switched: goesThere,
	parted(room) {
		if (call.place === room.name) call.leave();
		rooms.delete(room.name);
		const [next] = rooms.values();
		if (current.room === room && next) show(next.main);
	},
	renamed(room, event) {
		room.amendMember(event, {});
		if (event.own) room.me = { ...room.me, user: event.user };
	},
	edited: (room, event) => room.amend(event),
	deleted: (room, event) => room.amend({ ...event, deleted: true }),
	delivered(room, event) {
		if (isState) return room.reports.push(event);
		room.last = event;
		for (const conversation of room.conversations) conversation.delivered(event);
	},
	code: (room, event) => event.request && panel.open(t('page_you_and', { who: nameOf(event) }), ...codeParts(event, (what, who) => {
		panel.shut();
		talk.act(what, who);
	})),
};

/** What events say of a member. */
const MARKS = {
	entered: { silent: false, beyond: false },
	silent: { silent: true },
	back: { silent: false },
	verified: { verified: true },
	unverified: { verified: false },
	ignored: { ignored: true },
	unignored: { ignored: false },
};

const STREAM = {
	ended() { hasEnded = true; },
	live: settle,
	snapshot({ rooms: named }) {
		isState = true;
		if (call.place && !named.includes(call.place)) call.leave();
		for (const name of rooms.keys()) if (!named.includes(name)) rooms.delete(name);
		if (current && !rooms.has(current.room.name)) current = null;
	},
	// The last notes are told again with the state of the rooms.
	note(event) {
		const isKnown = current?.room.main.items.some(({ texts }) => texts?.includes(event.data));
		if (current && !isKnown) note(current.room, event);
	},
};

function take(event, isAnswer) {
	if (call.take(event)) return;
	const ofStream = own(STREAM, event.event);
	if (ofStream) return ofStream(event);
	const room = event.room ? roomOf(event) : current?.room;
	if (!room) return;
	if (event.event === 'message' || event.event === 'guest') {
		// A guest of the plain wire is told again with the state of the rooms, and has no id.
		const plain = { plain: true, id: `${event.time} ${event.source} ${event.data}` };
		const item = room.itemOf(event.event === 'guest' ? { ...event, ...plain } : event);
		if (isState && !isAnswer) return room.batch.push(item);
		const fresh = room.placesOf(item).map((conversation) => conversation.say(item));
		if (fresh.some(Boolean)) arrived(room, item);
		return;
	}
	if (event.file) {
		const item = room.offered(event);
		const isNews = item && event.event === 'file_offered' && !isState;
		if (isNews && !event.history && !event.file.own) arrived(room, item);
		if (event.event !== 'file_failed') return;
	}
	for (const file of event.files ?? []) room.offered({ event: event.event, file });
	// An answer that only one page asked for comes with the answer; all others are told to all pages.
	if (['members', 'sites'].includes(event.event) && event.request) return isAnswer && note(room, event);
	const knew = event.event === 'entered' && room.member(event);
	own(STATE, event.event)?.(room, event);
	const marks = event.key && own(MARKS, event.event);
	if (marks) room.amendMember(event, marks);
	if (!(knew && event.here_before) && (isAnswer || !event.request)) note(room, event);
}

function note(room, event) {
	const sentence = sentenceOf(event);
	if (sentence) room.main.note(...sentence);
}

function told(events, isAnswer = false) {
	for (const event of events) take(event, isAnswer);
	draw();
}

/** Says what failed, in the conversation that is shown. */
function noteFailure(error) {
	const isLost = error.message === 'lost' || error instanceof TypeError;
	current.note('error', isLost ? t('page_lost') : error.message);
}

/** What can be done with files here. */
const FILES = {
	get: ({ number }) => ask({ get: number }),
	stop: ({ number }) => ask({ stop: number }),
	unshare: ({ number }) => ask({ unshare: number }),
	read: (id) => wire.read(id),
	grown: () => view.isResized(),
	async save(file) {
		try {
			const [{ ticket }] = await wire.ask(`/tickets/${file.id}`, { method: 'POST' });
			download('/files/', file, ticket);
		} catch (error) {
			noteFailure(error);
		}
	},
};

/** Where files go that are dropped here. */
function placeOfFiles() {
	if (wire?.state !== 'open' || !current) return null;
	const { room, peer } = current;
	// Everybody in the room would see what is meant for one.
	if (peer) return current.note('error', t('page_private_files'));
	return {
		path: '/files',
		room: room.name,
		token: wire.token,
		answered: (events) => told(events, true),
		failed: (words) => room.main.note('error', words),
	};
}

/** Hands something over; what it causes is taken in. Whether nothing failed. */
async function ask(object) {
	try {
		const events = await wire.say({ ...object, id: crypto.randomUUID(), room: object.room ?? current.room.name });
		told(events.filter(({ event }) => event !== 'message'), true);
		return events.every(({ event, code }) => event !== 'error' || code === 'line_cut');
	} catch (error) {
		noteFailure(error);
		return false;
	}
}

/** Reads messages of the archive, also by a command: found ones and told ones look alike here. */
async function read(room, values, command) {
	const where = { room: room.name };
	const events = await (command ? wire.say({ command, ...where }) : wire.history({ ...values, ...where }));
	const said = events.filter(({ event }) => event === 'found' || event === 'message');
	const end = events.find(({ event }) => event === 'searched' || event === 'error');
	return { said, items: said.map((event) => room.itemOf({ ...event, history: true })), end };
}

/** Reads what was said before the oldest that is held. */
async function older() {
	const conversation = current;
	if (isAsking || !conversation?.hasOlder || wire?.state !== 'open') return;
	isAsking = true;
	try {
		let before = conversation.oldest ?? conversation.room.main.oldest;
		for (let tries = 0; tries < HISTORY_TRIES && conversation.hasOlder; tries += 1) {
			const { items, end } = await read(conversation.room, { limit: HISTORY_STEP, ...(before ? { before } : {}) });
			conversation.hasOlder = items.length > 0 && end?.event !== 'error' && end?.more === true;
			before = items[0]?.place ?? before;
			conversation.readFrom = before;
			const isHere = (item) => !conversation.peer || conversation.room.placesOf(item).includes(conversation);
			if (conversation.prepend(items.filter(isHere)) > 0) break;
		}
	} catch { /* it is asked for again when it is scrolled to */ } finally {
		isAsking = false;
	}
}

/** Goes to the newest messages, which are read again where they made room. */
async function newest() {
	const conversation = current;
	if (conversation.isCut) {
		const { items } = await read(conversation.room, { limit: HISTORY_STEP });
		conversation.reset(items, false);
	}
	view.toBottom();
	at('entry').focus();
}

/** Lists what is found by words, or by a command. */
async function find(words, command) {
	const { room } = current;
	const found = at('found');
	const [title, , list] = found.children;
	list.replaceChildren();
	found.hidden = false;
	draw();
	try {
		const { said, items, end } = await read(room, { search: words, limit: 20 }, command);
		title.textContent = end?.event === 'error' ? sentenceOf(end)[1]
			: t('page_found_count', { count: said.length }) + (end?.more ? ` ${t('page_found_more')}` : '');
		for (const item of items.reverse()) {
			const hit = button('', () => goTo(room, item));
			hit.className = 'hit';
			hit.append(make('bdi', 'who', nameOf(item)), ' ', make('time', '', momentOf(item.at)), make('bdi', 'text', item.data.slice(0, 300)));
			list.append(make('li', '', hit));
		}
	} catch {
		title.textContent = t('page_lost');
	}
	title.focus();
}

/** Shows a message in its place, with what was said before it. */
async function goTo(room, item) {
	show(room.main);
	if (!room.main.ids.has(item.id)) {
		const { items } = await read(room, { before: item.place, limit: HISTORY_STEP });
		room.main.reset([...items, item], true);
	}
	view.goTo(room.main.ids.get(item.id));
}

/** Shows a conversation. */
function show(conversation) {
	if (current) current.draft = at('entry').value;
	if (current && isSeen(current)) current.unread = 0;
	current = conversation;
	at('entry').value = conversation.draft;
	talk.turned();
	view.show(conversation);
	draw();
}

function moved() {
	if (current && isSeen(current)) current.unread = 0;
	draw();
}

let isDue = false;
/** Draws what stands around the conversation, once for all that has changed. */
function draw() {
	if (isDue) return;
	isDue = true;
	const act = () => {
		isDue = false;
		if (current) drawAround();
	};
	// A hidden page has no frames, and a title that counts.
	if (document.hidden) setTimeout(act);
	else requestAnimationFrame(act);
}

function drawAround() {
	const { room } = current;
	if (isSeen(current)) current.unread = 0;
	const title = titleOf(current);
	at('room').textContent = title;
	const parts = [t(room.isKeyed ? 'page_locked' : 'page_open')];
	if (room.last?.of > 0) parts.push(t(room.last.has >= room.last.of ? 'page_all_have' : 'page_some_have', { has: room.last.has, of: room.last.of, count: room.last.of }));
	at('about').textContent = parts.join(' · ');
	const all = [...rooms.values()].flatMap((one) => one.conversations);
	// A private line is unread in its room, too, and counts once.
	const unread = [...rooms.values()].reduce((sum, one) => sum + one.main.unread, 0);
	document.title = `${call.isOn ? '● ' : ''}${unread > 0 ? `(${unread}) ` : ''}${title} — roda`;
	at('show-call').textContent = call.count > 0 ? `${t('page_call')} (${call.count})` : t('page_call');
	drawRooms(all);
	const isFinding = !at('found').hidden;
	people.show(room, isFinding || at('show-people').getAttribute('aria-expanded') !== 'true');
	at('show-people').textContent = t('page_people_count', { count: room.here.length });
	const below = current.isCut || !view.isAtBottom;
	at('newest').hidden = !below;
	at('newest').textContent = current.unread > 0 ? t('page_new_below', { count: current.unread }) : t('page_to_newest');
}

let drawn = '';
function drawRooms(all) {
	const nav = at('rooms');
	const list = nav.firstElementChild;
	const state = JSON.stringify([lang, all.map((one) => [one.room.name, one.peer, one.unread, one === current])]);
	if (state === drawn) return;
	drawn = state;
	nav.hidden = all.length < 2;
	const hadFocus = list.contains(document.activeElement) && document.activeElement.conversation;
	const buttons = (nav.hidden ? [] : all).map((conversation) => {
		const made = button(make('bdi', '', titleOf(conversation)), () => show(conversation));
		made.conversation = conversation;
		if (conversation.unread > 0) made.append(' ', make('b', 'count', t('page_unread', { count: conversation.unread })));
		if (conversation === current) made.ariaCurrent = 'true';
		return made;
	});
	list.replaceChildren(...buttons.map((made) => make('li', '', made)));
	if (hadFocus) buttons.find(({ conversation }) => conversation === hadFocus)?.focus();
}

function wireUp() {
	useActs(FILES);
	takeFiles(placeOfFiles);
	on(at('found').children[1], 'click', () => {
		at('found').hidden = true;
		draw();
		at('query').focus();
	});
	onSent(at('find'), () => at('query').value.trim() && find(at('query').value));
	on(at('newest'), 'click', newest);
	on(at('show-people'), 'click', ({ currentTarget: it }) => {
		it.ariaExpanded = String(it.ariaExpanded !== 'true');
		draw();
	});
	on(at('show-call'), 'click', () => showCall(at('call').hidden || call.isOn));
	on(at('notify'), 'click', async ({ currentTarget: it }) => {
		notifies = !notifies && (await Notification.requestPermission()) === 'granted';
		it.ariaPressed = String(notifies);
	});
	on(at('language'), 'change', async ({ currentTarget: choice }) => {
		await load(choice.value);
		for (const room of rooms.values()) room.areNew = true;
		call.draw();
		if (current) show(current);
	});
	on(window, 'focus', moved);
	on(document, 'visibilitychange', moved);
}

async function start() {
	const token = takeToken('roda');
	// On a narrow screen the people are called for.
	if (matchMedia('(max-width: 40rem)').matches) at('show-people').setAttribute('aria-expanded', 'false');
	await load();
	call.draw();
	at('language').value = lang;
	wireUp();
	const says = (words) => { at('status').textContent = words; };
	if (!token) return says(t('page_no_link'));
	says(t('page_calling'));
	wire = new Wire(token, {
		told,
		snapshot: () => [
			{ event: 'snapshot', rooms: [...rooms.keys()] },
			...[...rooms.values()].flatMap((room) => room.snapshot()),
			...(call.stage.state ? [call.stage.state] : []),
			{ event: 'live' },
		],
		state(state, sentence) {
			const words = { open: '', denied: t('page_denied'), refused: sentence };
			if (state === 'open') hasEnded = false;
			says(words[state] ?? t(hasEnded ? 'page_ended' : 'page_lost'));
		},
	});
	return wire.start();
}

start();

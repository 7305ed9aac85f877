// What the page knows: rooms, people, messages in the common order, each once. It is filled from
// what the program tells, and may be told the same again. An item is an event, and what became of it.
import { nameOf } from './text.js';

// Messages of one conversation.
const HELD_MAX = 20_000;
const DROPPED = 500;
const SNAPSHOT_MESSAGES = 200;
const EARLY_MAX = 1000;
const MOVES_MAX = 8;
const FILES_MAX = 512;

/** A row of messages: of a room, or the private ones with somebody in it. */
export class Conversation {
	items = [];
	ids = new Map();
	unread = 0;
	// The first message that was not read.
	mark = null;
	// All that was said from here on is held.
	readFrom = null;
	hasOlder = true;
	// The newest are not held, because older ones are read.
	isCut = false;
	draft = '';
	view = null;

	constructor(room, peer = null) {
		this.room = room;
		this.peer = peer;
	}

	/** Where a message stands: places sort as all members agree on. */
	placeOf({ place, at: ms, plain, late, history }) {
		let found = this.items.length;
		if (!place && !plain && !late && !history) return found;
		for (let at = found - 1; at >= 0; at -= 1) {
			const other = this.items[at];
			if (place ? other.place && other.place <= place : other.at <= ms) break;
			if (other.place || !place) found = at;
		}
		return found;
	}

	insert(at, item) {
		this.items.splice(at, 0, item);
		if (item.id) this.ids.set(item.id, item);
		this.view?.inserted(at, 1);
		if (this.items.length > HELD_MAX) {
			this.hasOlder = true;
			this.drop(0, DROPPED);
			this.readFrom = this.items.find(({ place }) => place)?.place;
		}
	}

	drop(at, count) {
		for (const { id } of this.items.splice(at, count)) this.ids.delete(id);
		this.view?.show(this);
	}

	/** Takes in one message, wherever it stands; whether it is new. */
	say(item) {
		const known = item.id && this.ids.get(item.id);
		if (!known) {
			if (!this.isCut) this.insert(this.placeOf(item), item);
			return true;
		}
		// What is told again may be newer.
		if (item.deleted || (item.edited && item.data !== known.data)) this.amend(item.id, item);
		return false;
	}

	amend(id, change) {
		const item = this.ids.get(id);
		// Only its author can change a message, and what is withdrawn stays so.
		const author = item?.guest_of?.key ?? item?.key;
		if (!item || item.deleted || (change.key && author && change.key !== author)) return;
		Object.assign(item, change.deleted ? { deleted: true, data: '' } : { edited: true, data: change.data });
		this.changed(item);
	}

	changed(item) {
		this.view?.changed(this.items.lastIndexOf(item));
	}

	/** Takes in the newest messages after a time without the program; returns those that it lacked. */
	catchUp(batch) {
		const { newest, view } = this;
		this.view = null;
		// What lies between is read from the archive when it is scrolled to.
		// Private messages are told all together, also those from long ago.
		const first = batch.find((item) => item.place && !item.private)?.place;
		if (this.isCut || (newest && first > newest)) this.reset([], false);
		this.readFrom ??= first;
		const fresh = batch.filter((item) => this.say(item) && newest && item.place > newest);
		this.view = view;
		view?.show(this);
		return fresh;
	}

	/** Takes in older messages, in their order; returns how many are new. */
	prepend(batch) {
		const fresh = batch.filter(({ id }) => !this.ids.has(id));
		if (this.items[0]?.place < fresh.at(-1)?.place) {
			for (const item of fresh) this.insert(this.placeOf(item), item);
		} else {
			for (const item of fresh) this.ids.set(item.id, item);
			this.items.unshift(...fresh);
			this.view?.inserted(0, fresh.length);
		}
		if (this.items.length > HELD_MAX) {
			this.isCut = true;
			this.drop(HELD_MAX - DROPPED, this.items.length);
		}
		return fresh.length;
	}

	/** Shows another part of what was said. */
	reset(batch, isCut, hasOlder = true) {
		this.items = batch;
		this.ids = new Map(batch.map((item) => [item.id, item]));
		this.readFrom = batch[0]?.place;
		// Offers are in no archive.
		for (const item of isCut || this.peer ? [] : this.room.files.values()) {
			this.items.splice(this.placeOf({ ...item, history: true }), 0, item);
			this.ids.set(item.id, item);
		}
		this.hasOlder = hasOlder;
		this.isCut = isCut;
		this.view?.show(this);
	}

	get newest() {
		return this.items.findLast(({ place }) => place)?.place;
	}

	get oldest() {
		return this.readFrom ?? this.items.find(({ place }) => place)?.place;
	}

	/** Says something that is no message. People who come and go share a line. */
	note(kind, text) {
		const last = this.items.at(-1);
		if (this.isCut) return;
		if (kind === 'move' && last?.kind === 'move' && last.texts.length < MOVES_MAX) {
			last.texts.push(text);
			this.changed(last);
		} else {
			this.insert(this.items.length, { kind, texts: [text], at: Date.now() });
		}
	}

	isUnread(item) {
		this.unread += 1;
		if (this.unread > 1) return;
		const { mark } = this;
		this.mark = item;
		if (mark) this.changed(mark);
		this.changed(item);
	}

	/** How far own messages have got: a run of them. */
	delivered(event) {
		const [begin, end] = [runOf(event.first), runOf(event.last)];
		const progress = { ...event, waiting: event.waiting.map(nameOf) };
		for (let at = this.items.length - 1; at >= 0; at -= 1) {
			const item = this.items[at];
			const { author, number } = item.own ? runOf(item.id) : {};
			if (author !== begin.author || number > end.number) continue;
			if (number < begin.number) return;
			item.progress = progress;
			this.view?.changed(at);
		}
	}
}

/** Whose message it is, and its number among those of one session. */
function runOf(id) {
	const [short, session, sequence, index] = id.split('-');
	return { author: short + session, number: parseInt(sequence, 16) * 2 ** 16 + parseInt(index, 16) };
}

/** A room, as far as it is known. */
export class Room {
	me = null;
	isKeyed = false;
	members = new Map();
	// The other networks in reach, by name.
	sites = new Map();
	privates = new Map();
	// The people have changed since they were drawn.
	areNew = true;
	// What is offered, by its id.
	files = new Map();
	// Changes of messages that are not here yet.
	early = new Map();
	// The state, as long as it is being told.
	batch = [];
	// Of delivery, likewise.
	reports = [];
	// The newest of them.
	last = null;

	constructor(name) {
		this.name = name;
		this.main = new Conversation(this);
	}

	get conversations() {
		return [this.main, ...this.privates.values()];
	}

	/** The conversation with one person alone. */
	privately(person) {
		const key = person.key ?? person.user;
		if (!this.privates.has(key)) this.privates.set(key, new Conversation(this, person));
		return this.privates.get(key);
	}

	member({ key, user }) {
		return this.members.get(key ?? user);
	}

	setMembers(members) {
		this.areNew = true;
		this.members = new Map(members.map((member) => [member.key ?? member.user, { ...member }]));
	}

	/** Takes in what is new about somebody. */
	amendMember({ user, key, verified, namesake }, changes) {
		this.areNew = true;
		this.members.set(key ?? user, { ...this.member({ key, user }), user, key, verified, namesake, ...changes });
	}

	removeMember({ key, user }) {
		this.areNew = true;
		this.members.delete(key ?? user);
	}

	/** Takes in what a bridge states about another network. */
	site({ name, of, state }) {
		this.areNew = true;
		if (state === 'lost') this.sites.delete(name);
		else this.sites.set(name, of);
	}

	/** Those at this network. */
	get here() {
		return [...this.members.values()].filter(({ beyond }) => !beyond);
	}

	/** Where a message is shown: a private one with its other person, too. */
	placesOf(item) {
		if (!item.private) return [this.main];
		const isMeant = ({ user }) => user === item.to;
		const known = [...this.members.values()].find(isMeant) ?? this.conversations.map(({ peer }) => peer ?? {}).find(isMeant);
		return [this.main, this.privately(item.own ? known ?? { user: item.to } : item)];
	}

	/** Applies a change, at once or when its message comes. */
	amend(change) {
		for (const conversation of this.conversations) conversation.amend(change.id, change);
		if (this.main.ids.has(change.id) || this.early.get(change.id)?.deleted) return;
		this.early.set(change.id, change);
		if (this.early.size > EARLY_MAX) this.early.delete(this.early.keys().next().value);
	}

	/** Takes in what is told of an offer; returns its item if it is new. */
	offered({ event, file, time, history }) {
		const isDated = event === 'file_offered' || event === 'file';
		const id = `file ${file.id}`;
		const known = this.files.get(id);
		if (known) {
			// What tells how far it is tells all of it.
			const was = file.state ? { saved_as: known.file.saved_as } : known.file;
			known.file = { ...was, ...file };
			this.main.changed(known);
			return null;
		}
		const item = {
			...file.from,
			kind: 'file',
			id,
			data: file.name,
			file: { state: file.own ? 'here' : 'offered', ...file },
			time: isDated ? time : undefined,
			at: time ? Date.parse(time) : Date.now(),
		};
		this.files.set(id, item);
		if (this.files.size > FILES_MAX) this.files.delete(this.files.keys().next().value);
		if (!this.main.isCut) this.main.insert(this.main.placeOf({ ...item, history }), item);
		return item;
	}

	/** A message as it is kept; a change that came before it is applied. */
	itemOf(event) {
		const data = event.data ?? (event.object ? JSON.stringify(event.object) : '');
		const early = this.early.get(event.id);
		this.early.delete(event.id);
		const newer = early && { data: early.data ?? '', edited: true, deleted: early.deleted };
		return { ...event, data, ...newer, kind: 'message', at: Date.parse(event.time) };
	}

	/** What a tab that comes later is told. */
	snapshot() {
		const room = this.name;
		const messages = this.main.items.filter(({ kind }) => kind === 'message').slice(-SNAPSHOT_MESSAGES);
		const files = [...this.files.values()];
		return [
			{ ...this.me, room, event: 'ready', keyed: this.isKeyed },
			{ room, event: 'members', members: [...this.members.values()] },
			{ room, event: 'sites', sites: [...this.sites].map(([name, of]) => ({ name, of })) },
			...messages.map((item) => ({ ...item, history: true, event: 'message' })),
			...files.map(({ file, time }) => ({ room, event: time ? 'file_offered' : 'file_progress', time, file, history: true })),
			...(this.last ? [this.last] : []),
		];
	}
}

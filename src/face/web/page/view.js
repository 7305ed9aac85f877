// The conversation as it is seen: a slice of it stands in the document, however long it is, and
// moves with the scrolling.
import { fillFile, refreshFile } from './files.js';
import { dayOf, fill, make, named, nameOf, on, t, timeOf } from './text.js';

// Elements of the slice; what is near the window stays all the same.
const NODES_MAX = 280;
const AHEAD_PIXELS = 800;
const NEAR_PIXELS = 500;
const STEP = 12;
const FOLD_LETTERS = 1500;
const FOLD_LINES = 20;
const BOTTOM_PIXELS = 12;
const QUIET_MS = 500;
const TOGETHER_MS = 300_000;

/** Whether the author stands above a message already. */
function goesOn(item, before) {
	return before?.kind === 'message' && !item.action && !before.action && before.key === item.key
		&& nameOf(before) === nameOf(item) && before.private === item.private && before.to === item.to
		&& item.at - before.at < TOGETHER_MS;
}

/** Puts a text into an element, with one's own name in it marked. */
function fillMarked(element, text, me) {
	const at = me ? text.toLowerCase().indexOf(me.toLowerCase()) : -1;
	const isWord = (sign) => sign !== undefined && /[\p{L}\p{N}_/.@-]/u.test(sign);
	if (at < 0 || isWord(text[at - 1]) || isWord(text[at + me.length])) return fill(element, text);
	fill(element, text.slice(0, at));
	element.append(make('mark', '', text.slice(at, at + me.length)));
	return fill(element, text.slice(at + me.length));
}

/** A sign that is read out as words. */
function sign(look, picture, words) {
	const made = make('span', look, picture);
	made.title = words;
	made.role = 'img';
	made.ariaLabel = words;
	return made;
}

/** How far an own message got: a sign, and what it means. */
function progressOf({ own, history, deleted, progress }) {
	if (!own || deleted || (!progress && history)) return [];
	if (!progress) return ['·', t('page_on_its_way')];
	const { has, of, waiting, kept_for: away } = progress;
	const kept = away ? [t('page_kept_for', { count: away })] : [];
	const words = of === 0 ? kept : [has < of ? t('page_waiting', { has, of, who: waiting.join(', ') }) : t('page_have_it', { count: of }), ...kept];
	const isCounted = of > 0 && (of <= 16 || has > 0);
	return [has >= of && words.length > 0 ? '✓' : isCounted ? `${has}/${of}` : '', words.join('; ')];
}

/** A text that runs in the direction of its letters. */
export function prose(look, text) {
	const made = make('div', look, text);
	made.dir = 'auto';
	return made;
}

function head(item) {
	const line = make('p', 'head', named(item));
	if (item.verified) line.append(sign('sign', '✓', t('page_verified')));
	if (item.private) line.append(sign('sign', '✉', item.to ? t('page_only_to', { who: item.to }) : t('page_only_you')));
	if (item.to) line.append(make('bdi', 'to', `→ ${item.to}`));
	if (item.time) {
		const time = make('time', '', timeOf(item.at));
		time.dateTime = item.time;
		line.append(time);
	}
	return line;
}

function fillMessage(row, item, before, conversation) {
	row.classList.add('message', ...['own', 'private', 'action', 'history', 'guest_of'].filter((look) => item[look]));
	if (!goesOn(item, before)) row.append(head(item));
	row.ariaLabel = `${nameOf(item)}, ${timeOf(item.at)}`;
	const text = item.deleted ? prose('text deleted', t('page_deleted')) : prose('text', '');
	row.append(text);
	if (!item.deleted) {
		fillMarked(text, item.data, item.own ? '' : conversation.room.me?.user);
		if (item.data.length > FOLD_LETTERS || item.data.split('\n', FOLD_LINES + 1).length > FOLD_LINES) {
			text.classList.toggle('folded', !item.isUnfolded);
			const more = make('button', 'more', t(item.isUnfolded ? 'page_fold' : 'page_unfold'));
			more.ariaExpanded = String(item.isUnfolded === true);
			row.append(more);
		}
	}
	const notes = ['late', 'edited'].filter((note) => item[note] && !item.deleted);
	if (notes.length > 0) row.append(make('span', 'note', notes.map((note) => t(`page_${note}`)).join(' ')));
	const [picture, words] = progressOf(item);
	if (picture) row.append(sign('state', picture, words));
}

/** One row, with the day and the mark before it. */
function build(conversation, at) {
	const item = conversation.items[at];
	const before = conversation.items[at - 1];
	const row = make('article');
	row.tabIndex = -1;
	row.item = item;
	if (!before || dayOf(before.at) !== dayOf(item.at)) row.append(make('p', 'day', dayOf(item.at)));
	if (conversation.mark === item) row.append(make('p', 'new', t('page_new_from_here')));
	if (item.kind === 'message') {
		fillMessage(row, item, row.firstChild ? null : before, conversation);
	} else if (item.kind === 'file') {
		row.classList.add('file');
		row.append(head(item));
		fillFile(row, item.file);
	} else {
		row.classList.add('aside', item.kind);
		row.append(prose('text', item.texts.join('; ')));
	}
	return row;
}

const nodesOf = (row) => row.getElementsByTagName('*').length + 1;

export class View {
	/** `hooks`: `older()` asks for what was said before, `moved()` tells that it was scrolled. */
	constructor(box, hooks) {
		this.box = box;
		this.hooks = hooks;
		this.conversation = null;
		this.from = 0;
		this.to = 0;
		this.isAtBottom = true;
		this.isDue = false;
		this.height = 0;
		on(box, 'scroll', () => this.isMoved());
		new ResizeObserver(() => this.isResized()).observe(box);
		on(box, 'keydown', (event) => this.key(event));
	}

	get rows() {
		return this.box.children;
	}

	/** Shows a conversation, where it was if it is the same. */
	show(conversation) {
		const isSame = conversation === this.conversation;
		const anchor = isSame && !this.isAtBottom ? this.anchor() : null;
		if (this.conversation && !isSame) this.conversation.view = null;
		this.conversation = conversation;
		conversation.view = this;
		this.drawAt(anchor ? conversation.items.indexOf(anchor.row.item) : -1, anchor?.y);
	}

	/** Draws the slice anew: an item begins so far below the upper edge; without one, its end is seen. */
	drawAt(at, y) {
		const { box } = this;
		box.replaceChildren();
		this.isAtBottom = at < 0;
		this.from = at < 0 ? this.conversation.items.length : at;
		this.to = this.from;
		this.addBelow(1);
		this.fill(box.firstChild, y);
		this.hooks.moved();
	}

	/** The first row that is seen, and how far below the upper edge it begins. */
	anchor() {
		const edge = this.box.scrollTop;
		for (const row of this.rows) {
			if (row.offsetTop + row.offsetHeight > edge) return { row, y: row.offsetTop - edge };
		}
		return null;
	}

	/** Changes rows while what is seen stays where it is. */
	keeping(act) {
		const anchor = this.isAtBottom ? null : this.anchor();
		act();
		if (this.isAtBottom) this.box.scrollTop = this.box.scrollHeight;
		else if (anchor?.row.isConnected) this.box.scrollTop = anchor.row.offsetTop - anchor.y;
	}

	addAbove(count) {
		const rows = [];
		for (let left = Math.min(count, this.from); left > 0; left -= 1) {
			this.from -= 1;
			rows.unshift(build(this.conversation, this.from));
		}
		this.box.prepend(...rows);
	}

	addBelow(count) {
		const end = Math.min(this.to + count, this.conversation.items.length);
		const rows = [];
		for (; this.to < end; this.to += 1) rows.push(build(this.conversation, this.to));
		this.box.append(...rows);
	}

	/** Adds rows until there are enough above and below what is seen, and takes away what is far off. */
	fill(row = null, y = 0) {
		const { box } = this;
		if (!this.conversation || box.clientHeight === 0) return;
		this.hush();
		const nodes = box.getElementsByTagName('*');
		if (row) box.scrollTop = row.offsetTop - y;
		else if (this.isAtBottom) box.scrollTop = box.scrollHeight;
		for (let before = -1; before < nodes.length && nodes.length < 2 * NODES_MAX;) {
			before = nodes.length;
			const ahead = nodes.length > NODES_MAX ? NEAR_PIXELS : AHEAD_PIXELS;
			const below = box.scrollHeight - box.scrollTop - box.clientHeight;
			if (below < ahead) this.keeping(() => this.addBelow(STEP));
			if (box.scrollTop < ahead) this.keeping(() => this.addAbove(STEP));
		}
		if (row) box.scrollTop = row.offsetTop - y;
		this.trim();
		if (box.scrollTop < AHEAD_PIXELS && this.from === 0) this.hooks.older();
	}

	/** What is drawn again, or was said long ago, is not read out. */
	hush() {
		this.box.ariaLive = 'off';
		clearTimeout(this.timer);
		this.timer = setTimeout(() => { this.box.ariaLive = 'polite'; }, QUIET_MS);
	}

	trim() {
		const { box } = this;
		let nodes = 0;
		for (const row of this.rows) nodes += nodesOf(row);
		if (nodes <= NODES_MAX) return;
		// Farther off than rows are added, so that none comes back at once.
		const top = box.scrollTop - AHEAD_PIXELS;
		const bottom = box.scrollTop + box.clientHeight + AHEAD_PIXELS;
		const above = [];
		const below = [];
		for (const row of this.rows) {
			if (row.offsetTop + row.offsetHeight < top) above.push(row);
			else if (row.offsetTop > bottom) below.unshift(row);
		}
		const gone = [];
		const take = (rows) => {
			const row = rows.shift();
			nodes -= nodesOf(row);
			gone.push(row);
		};
		while (nodes > NODES_MAX && above.length + below.length > 0) {
			if (above.length >= below.length) {
				take(above);
				this.from += 1;
			} else {
				take(below);
				this.to -= 1;
			}
		}
		if (gone.some((row) => row.contains(document.activeElement))) box.focus({ preventScroll: true });
		this.keeping(() => gone.forEach((row) => row.remove()));
	}

	isMoved() {
		if (this.isDue) return;
		this.isDue = true;
		requestAnimationFrame(() => {
			this.isDue = false;
			const { box, conversation } = this;
			if (!conversation) return;
			if (box.clientHeight !== this.height) this.isResized();
			const left = box.scrollHeight - box.scrollTop - box.clientHeight;
			this.isAtBottom = this.to === conversation.items.length && left < BOTTOM_PIXELS;
			this.fill();
			this.hooks.moved();
		});
	}

	/** Another height moves what is seen, and nobody has scrolled. */
	isResized() {
		this.height = this.box.clientHeight;
		this.keeping(() => {});
		this.fill();
	}

	/** Items came into the conversation. */
	inserted(at, count) {
		if (at < this.from || (at === this.from && at < this.to)) {
			this.from += count;
			this.to += count;
			if (at + count === this.from) this.refresh(this.from);
			this.fill();
		} else if (at < this.to) {
			this.hush();
			this.keeping(() => {
				const next = this.rows[at - this.from];
				this.to += count;
				for (let number = at; number < at + count; number += 1) next.before(build(this.conversation, number));
				this.refresh(at + count);
			});
			this.trim();
		} else if (this.isAtBottom || this.rows.length === 0) {
			this.box.ariaLive = 'polite';
			this.addBelow(count);
			this.keeping(() => {});
			this.trim();
		}
		this.hooks.moved();
	}

	/** An item is another now. */
	changed(at) {
		this.keeping(() => this.refresh(at));
	}

	refresh(at) {
		const row = this.rows[at - this.from];
		if (!row || at < this.from || at >= this.to) return;
		const { item } = row;
		if (item === this.conversation.items[at] && item.kind === 'file' && refreshFile(row, item.file)) return;
		const hasFocus = row.contains(document.activeElement);
		const made = build(this.conversation, at);
		row.replaceWith(made);
		if (hasFocus) made.focus({ preventScroll: true });
	}

	/** Goes to the newest. */
	toBottom() {
		this.drawAt(-1);
	}

	/** Goes to one item, and has it in focus. */
	goTo(item) {
		const at = this.conversation.items.indexOf(item);
		if (at < 0) return;
		this.drawAt(at, this.box.clientHeight / 3);
		[...this.rows].find((row) => row.item === item)?.focus({ preventScroll: true });
	}

	key(event) {
		if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest('button, a')) return;
		const row = event.target.closest('article');
		const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
		if (step) {
			const next = row ? (step < 0 ? row.previousElementSibling : row.nextElementSibling) : this.lowest();
			next?.focus({ preventScroll: true });
			next?.scrollIntoView({ block: 'nearest' });
		} else if (event.key === 'End') {
			this.hooks.newest();
		} else {
			return;
		}
		event.preventDefault();
	}

	/** The lowest row that is seen whole. */
	lowest() {
		const edge = this.box.scrollTop + this.box.clientHeight + BOTTOM_PIXELS;
		return [...this.rows].findLast((row) => row.offsetTop + row.offsetHeight <= edge);
	}
}

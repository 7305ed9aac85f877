// Who is here, and what can be done with somebody.
import { clean, make, named, nameOf, on, placed, t, typed } from './text.js';

const SHOWN_MAX = 30;
const FILTERED_MIN = 12;

const order = (one, other) => Number(other.own === true) - Number(one.own === true)
	|| Number(one.beyond === true) - Number(other.beyond === true)
	|| nameOf(one).localeCompare(nameOf(other));

const keyOf = ({ key, user }) => key ?? user;

/** The signs behind a name, each with its word. */
const signsOf = (who) => [
	['verified', '✓', 'page_verified'],
	['keeper', '⌂', 'page_keeper'],
	['bridge', '⇄', 'page_bridge'],
	['beyond', '◌', 'page_beyond'],
	['ignored', '⊘', 'page_is_ignored'],
	['silent', '…', 'page_silent'],
].filter(([mark]) => who[mark]);

export class People {
	/** `hooks`: `choose(person)`. */
	constructor(box, hooks) {
		[this.title, this.filter, this.list, this.rest] = box.children;
		this.box = box;
		this.room = null;
		on(this.filter, 'input', () => this.draw());
		on(this.list, 'click', ({ target }) => {
			const chosen = target.closest('button');
			if (chosen) hooks.choose(chosen.who);
		});
	}

	/** Shows the people of a room; those who are drawn already stay, so that a click meets them. */
	show(room, isHidden) {
		if (room === this.room && !room.areNew && isHidden === this.box.hidden) return;
		this.room = room;
		this.box.hidden = isHidden;
		this.draw();
	}

	draw() {
		if (!this.room) return;
		this.room.areNew = false;
		const people = [...this.room.members.values()].sort(order);
		this.title.textContent = t('page_people_here', { count: this.room.here.length });
		this.filter.hidden = people.length < FILTERED_MIN;
		const wanted = this.filter.hidden ? '' : this.filter.value.trim().toLowerCase();
		const found = people.filter((who) => nameOf(who).toLowerCase().includes(wanted));
		const focused = document.activeElement?.who;
		const buttons = (this.box.hidden ? [] : found.slice(0, SHOWN_MAX)).map(personButton);
		this.list.replaceChildren(...buttons.map((made) => make('li', '', made)));
		const more = found.length - SHOWN_MAX;
		const sites = [...this.room.sites].map(([name, of]) => `${clean(name)}: ${of}`);
		if (more > 0) sites.unshift(t('page_and_more', { count: more }));
		this.rest.textContent = sites.join(' · ');
		if (focused) buttons.find(({ who }) => keyOf(who) === keyOf(focused))?.focus();
	}
}

function personButton(who) {
	const made = make('button', 'person', named(who));
	made.who = who;
	const signs = signsOf(who);
	const words = signs.map(([,, word]) => t(word));
	if (signs.length > 0) {
		const shown = make('span', 'sign', signs.map(([, sign]) => sign).join(' '));
		shown.ariaHidden = 'true';
		made.append(shown);
	}
	if (who.site) made.append(` @${clean(who.site)}`);
	if (who.own) {
		words.unshift(t('page_you'));
		made.append(` (${t('page_you')})`);
	}
	if (words.length > 0) made.ariaLabel = [placed(who), ...words].join(', ');
	made.title = words.join(', ');
	return made;
}

/** The dialog: one at a time, closed by Escape, with the focus given back. */
export class Panel {
	constructor(dialog) {
		[this.title, this.body, this.close] = dialog.children;
		this.dialog = dialog;
		on(this.close, 'click', () => this.shut());
		on(dialog, 'close', () => this.body.replaceChildren());
	}

	open(title, ...parts) {
		this.title.textContent = title;
		this.body.replaceChildren(...parts);
		if (!this.dialog.open) this.dialog.showModal();
		this.title.focus();
	}

	shut() {
		this.dialog.close();
	}
}

/** A button of the dialog. */
export function button(words, act) {
	const made = make('button', '', words);
	on(made, 'click', act);
	return made;
}

/** A picture for a camera, from rows of `0` and `1`. */
function picture(rows, label) {
	const part = (name, values) => {
		const made = document.createElementNS('http://www.w3.org/2000/svg', name);
		for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
		return made;
	};
	const margin = 4;
	const size = rows.length + 2 * margin;
	const svg = part('svg', { viewBox: `0 0 ${size} ${size}`, class: 'qr', role: 'img', 'aria-label': label });
	const dots = rows.flatMap((row, y) => Array.from(row, (dot, x) => (dot === '1' ? `M${x + margin} ${y + margin}h1v1h-1z` : '')));
	svg.append(part('path', { d: dots.join('') }));
	return svg;
}

/** The code that two people compare. */
export function codeParts({ data, words, qr, ...who }, act) {
	const name = nameOf(who);
	const parts = [
		make('p', '', t('page_compare', { who: name })),
		make('p', 'code', ...data.split(' ').map((group) => make('span', '', group))),
	];
	if (words) parts.push(make('p', 'words', words));
	if (qr?.length > 0) parts.push(picture(qr, t('page_picture', { code: data })));
	const buttons = [button(t('page_codes_equal', { who: name }), () => act('verified', who))];
	if (who.verified) buttons.push(button(t('page_take_back'), () => act('unverify', who)));
	return [...parts, make('p', 'buttons', ...buttons)];
}

/** What can be done with somebody. */
export function personParts(who, act) {
	const parts = [];
	if (who.key) parts.push(make('p', '', t('page_fingerprint')), make('p', 'code', who.key));
	if (who.keeper) parts.push(make('p', '', t('page_keeper')));
	if (who.bridge) parts.push(make('p', '', t('page_bridge')));
	const offers = who.own ? [['nick', 'page_rename']] : [
		!who.keeper && !who.bridge && ['private', 'page_write_privately'],
		who.key && ['verify', 'page_verify'],
		who.verified && ['unverify', 'page_take_back'],
		who.ignored ? ['unignore', 'page_unignore'] : ['ignore', 'page_ignore'],
	].filter(Boolean);
	return [...parts, make('p', 'buttons', ...offers.map(([what, words]) => button(t(words), () => act(what, who))))];
}

export const commandOf = (what, who) => `/${what} ${typed(who)}`;

// Who is here, and what can be done with somebody.
import { hueOf, make, nameOf, t, typed } from './text.js';

const SHOWN_MAX = 30;
const FILTERED_MIN = 12;

const order = (one, other) => Number(other.own === true) - Number(one.own === true)
	|| nameOf(one).localeCompare(nameOf(other));

/** The signs behind a name, each with its word. */
function signs(who) {
	const all = [];
	if (who.verified) all.push(['✓', t('page_verified')]);
	if (who.keeper) all.push(['⌂', t('page_keeper')]);
	if (who.ignored) all.push(['⊘', t('page_is_ignored')]);
	if (who.silent) all.push(['…', t('page_silent')]);
	return all;
}

export class People {
	/** `hooks`: `choose(person)`. */
	constructor(box, hooks) {
		[this.title, this.filter, this.list, this.rest] = box.children;
		this.box = box;
		this.hooks = hooks;
		this.room = null;
		this.filter.addEventListener('input', () => this.draw());
		this.list.addEventListener('click', ({ target }) => {
			const button = target.closest('button');
			if (button) hooks.choose(button.who);
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
		this.title.textContent = t('page_people_here', { count: people.length });
		this.filter.hidden = people.length < FILTERED_MIN;
		const wanted = this.filter.hidden ? '' : this.filter.value.trim().toLowerCase();
		const found = people.filter((who) => nameOf(who).toLowerCase().includes(wanted));
		const focused = document.activeElement?.who;
		const shown = this.box.hidden ? [] : found.slice(0, SHOWN_MAX);
		this.list.replaceChildren(...shown.map((who) => this.entry(who)));
		this.rest.textContent = found.length > SHOWN_MAX ? t('page_and_more', { count: found.length - SHOWN_MAX }) : '';
		if (focused) this.buttonOf(focused)?.focus();
	}

	buttonOf(who) {
		const key = who.key ?? who.user;
		return [...this.list.querySelectorAll('button')].find((button) => (button.who.key ?? button.who.user) === key);
	}

	entry(who) {
		const entry = make('li');
		const button = make('button', 'person');
		button.type = 'button';
		button.who = who;
		const name = make('bdi', 'who', nameOf(who));
		name.style.setProperty('--hue', hueOf(who));
		button.append(name);
		const marks = signs(who);
		const words = marks.map(([, word]) => word);
		if (who.own) words.unshift(t('page_you'));
		if (marks.length > 0) {
			const shown = make('span', 'sign', marks.map(([sign]) => sign).join(' '));
			shown.ariaHidden = 'true';
			button.append(shown);
		}
		if (who.own) button.append(` (${t('page_you')})`);
		if (words.length > 0) button.setAttribute('aria-label', `${nameOf(who)}, ${words.join(', ')}`);
		button.title = words.join(', ');
		entry.append(button);
		return entry;
	}
}

/** The dialog: one at a time, closed by Escape, with the focus given back. */
export class Panel {
	constructor(dialog) {
		[this.title, this.body, this.close] = dialog.children;
		this.dialog = dialog;
		this.close.addEventListener('click', () => dialog.close());
		dialog.addEventListener('close', () => this.body.replaceChildren());
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

export function button(words, act) {
	const made = make('button', '', words);
	made.type = 'button';
	made.addEventListener('click', act);
	return made;
}

/** A picture for a camera, from rows of `0` and `1`. */
function picture(rows, label) {
	const space = 'http://www.w3.org/2000/svg';
	const svg = document.createElementNS(space, 'svg');
	const path = document.createElementNS(space, 'path');
	const margin = 4;
	const size = rows.length + 2 * margin;
	svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
	svg.setAttribute('class', 'qr');
	svg.setAttribute('role', 'img');
	svg.setAttribute('aria-label', label);
	const dots = rows.flatMap((row, y) => Array.from(row, (dot, x) => (dot === '1' ? `M${x + margin} ${y + margin}h1v1h-1z` : '')));
	path.setAttribute('d', dots.join(''));
	svg.append(path);
	return svg;
}

/** The code that two people compare. */
export function codeParts({ data, words, qr, ...who }, act) {
	const name = nameOf(who);
	const parts = [make('p', '', t('page_compare', { who: name }))];
	const digits = make('p', 'code');
	digits.append(...data.split(' ').map((group) => make('span', '', group)));
	parts.push(digits);
	if (words) parts.push(make('p', 'words', words));
	if (qr?.length > 0) parts.push(picture(qr, t('page_picture', { code: data })));
	const buttons = make('p', 'buttons');
	buttons.append(button(t('page_codes_equal', { who: name }), () => act('verified', who)));
	if (who.verified) buttons.append(button(t('page_take_back'), () => act('unverify', who)));
	parts.push(buttons);
	return parts;
}

/** What can be done with somebody. */
export function personParts(who, act) {
	const parts = [];
	if (who.key) parts.push(make('p', '', t('page_fingerprint')), make('p', 'code', who.key));
	if (who.keeper) parts.push(make('p', '', t('page_keeper')));
	const buttons = make('p', 'buttons');
	const offer = (what, words) => buttons.append(button(words, () => act(what, who)));
	if (who.own) {
		offer('nick', t('page_rename'));
	} else {
		if (!who.keeper) offer('private', t('page_write_privately'));
		if (who.key) offer('verify', t('page_verify'));
		if (who.verified) offer('unverify', t('page_take_back'));
		offer(who.ignored ? 'unignore' : 'ignore', t(who.ignored ? 'page_unignore' : 'page_ignore'));
	}
	parts.push(buttons);
	return parts;
}

export const commandOf = (what, who) => `/${what} ${typed(who)}`;

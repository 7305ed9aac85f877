// What the person writes and asks for: the entry, its commands, and what buttons do.
import { Completion } from './complete.js';
import { commandOf, button, personParts } from './people.js';
import { at, make, nameOf, on, onSent, t } from './text.js';
import { prose } from './view.js';

const LONGEST_QUIET_MINUTES = 7 * 24 * 60;

export class Talk {
	/** `page`: the panel, the view, the current conversation, and what can be asked of the program. */
	constructor(page) {
		this.page = page;
		this.edited = null;
		this.bar = make('p', 'acts');
		const entry = at('entry');
		this.completion = new Completion(entry, () => page.current);
		onSent(at('say'), () => this.send());
		on(entry, 'keydown', (event) => this.key(event));
		on(entry, 'input', ({ data }) => {
			if (data === ':') this.completion.written();
			this.hint();
		});
		on(at('to').lastElementChild, 'click', () => this.stop());
		on(at('commands'), 'click', () => this.help());
		const log = at('log');
		const offer = ({ target }) => this.offer(target.closest?.('article.message'));
		on(log, 'pointerover', offer);
		on(log, 'focusin', offer);
		on(log, 'click', ({ target }) => target.matches('.more') && this.unfold(target.closest('article')));
		on(log, 'keydown', ({ key, target }) => key === 'Escape' && target.closest('#log') && entry.focus());
	}

	/** Another conversation is shown. */
	turned() {
		this.edited = null;
		this.told();
		this.hint();
	}

	/** Says above the entry whom it is for, or what it changes. */
	told() {
		const { peer } = this.page.current;
		const words = this.edited ? t('page_editing') : peer ? t('page_only_to', { who: nameOf(peer) }) : '';
		at('to').hidden = !words;
		at('to').firstElementChild.textContent = words;
	}

	/** Ends what stands above the entry. */
	stop() {
		const { page } = this;
		if (this.edited) at('entry').value = '';
		else page.show(page.current.room.main);
		this.edited = null;
		this.told();
		at('entry').focus();
	}

	/** The commands that begin so, and room for what is written. */
	hint() {
		const entry = at('entry');
		entry.style.height = 'auto';
		entry.style.height = `${Math.min(entry.scrollHeight + 2, innerHeight / 3)}px`;
		const word = entry.value;
		const isCommand = /^\/\S*$/.test(word);
		const found = isCommand ? t('page_command_lines').split('\n').filter((line) => line.startsWith(word)) : [];
		at('hint').hidden = found.length === 0;
		at('hint').textContent = found.slice(0, 4).join('\n');
	}

	key(event) {
		const entry = at('entry');
		if (event.isComposing) return;
		if (event.key === 'Enter' && !event.shiftKey) {
			event.preventDefault();
			this.send();
		} else if (event.key === 'Tab' && !event.shiftKey && this.page.current && this.completion.next()) {
			event.preventDefault();
			this.hint();
		} else if (event.key === 'ArrowUp' && entry.value === '') {
			const item = this.page.current.items.findLast((one) => one.own && !one.deleted && !one.private && !one.guest_of);
			if (item) {
				event.preventDefault();
				this.edit(item);
			}
		} else if (event.key === 'Escape' && !at('to').hidden) {
			this.stop();
		}
	}

	async send() {
		const { page, edited } = this;
		const entry = at('entry');
		const written = entry.value;
		const text = written.trim();
		if (!text || !page.current) return;
		entry.value = '';
		this.edited = null;
		this.told();
		this.hint();
		const { peer } = page.current;
		let isDone = true;
		if (edited) isDone = await page.ask({ edit: edited.id, say: written });
		else if (/^(sair|\/(sair|quit|exit|q))$/.test(text)) this.leave();
		else if (/^\/[^/]/.test(text)) isDone = await this.command(text);
		else isDone = await page.ask({ say: written.replace(/^\/\//, '/'), to: peer ? addressOf(peer) : undefined });
		// What did not leave can be tried again.
		if (!isDone && entry.value === '') entry.value = written;
		page.newest();
	}

	/** What is typed with a slash: some of it is the page's. */
	async command(line) {
		const [, word, rest] = /^(\S+)\s*(.*)$/s.exec(line);
		if (/^\/(help|ajuda|\?)$/.test(word)) this.help();
		else if (/^\/(search|buscar)$/.test(word) && rest) this.page.find(rest);
		else if (/^\/(quiet|silencio)$/.test(word)) this.quiet(rest);
		else if (word === '/clear') this.page.clear();
		else if (word === '/history' && !rest) this.page.view.box.focus();
		else if (/^\/(history|context)$/.test(word)) this.page.find('', line);
		else return this.page.ask({ command: line });
		return true;
	}

	/** Ends notifications for a time. */
	quiet(time) {
		const { page } = this;
		const [, number, unit] = /^(\d{1,5})([hm]?)$/.exec(time) ?? [];
		const minutes = number * (unit === 'h' ? 60 : 1);
		const isTime = minutes <= LONGEST_QUIET_MINUTES;
		if (isTime) page.quietUntil(Date.now() + minutes * 60_000);
		page.current.note('said', t(isTime ? minutes > 0 ? 'page_quiet_for' : 'page_quiet_over' : 'page_quiet_usage', { minutes }));
	}

	/** All commands, each with a button that begins it. */
	help() {
		const { panel } = this.page;
		const lines = t('page_command_lines').split('\n').map((line) => {
			const [word, ...rest] = line.split(' ');
			return make('li', '', /^\/[a-z]/.test(word) ? button(word, () => this.begin(`${word} `)) : make('b', '', word), ` ${rest.join(' ')}`);
		});
		panel.open(t('page_commands'), make('ul', '', ...lines), make('p', '', t('page_keys')));
	}

	begin(text) {
		this.page.panel.shut();
		at('entry').value = text;
		at('entry').focus();
		this.hint();
	}

	/** Leaving ends the program, so it is asked about. */
	leave() {
		const { page } = this;
		page.panel.open(t('page_leave'), make('p', '', t('page_leave_asked')), button(t('page_leave'), () => {
			page.panel.shut();
			page.ask({ command: '/sair' });
		}));
	}

	choose(who) {
		this.page.panel.open(nameOf(who), ...personParts(who, (what, person) => {
			this.page.panel.shut();
			this.act(what, person);
		}));
	}

	act(what, who) {
		const { page } = this;
		if (what === 'private') {
			page.show(page.current.room.privately(who));
			at('entry').focus();
		} else if (what === 'nick') {
			this.begin('/nick ');
		} else if (what === 'verified') {
			// The button asks what the second command asks.
			page.ask({ command: commandOf(what, who) }).then((isDone) => isDone && page.ask({ command: commandOf(what, who) }));
		} else {
			page.ask({ command: commandOf(what, who) });
		}
	}

	/** Puts what can be done with a message onto its row. */
	offer(row) {
		if (!row || this.bar.parentElement === row) return;
		const { item } = row;
		const acts = [];
		if (item.own && !item.deleted && !item.private) {
			// A guest's line is the host's to withdraw, and nobody's to change.
			if (!item.guest_of) acts.push(button(t('page_edit'), () => this.edit(item)));
			acts.push(button(t('page_delete'), () => this.remove(item)));
		}
		if (!item.own && item.key && !item.guest_of) {
			acts.push(button(nameOf(item), () => this.choose(this.page.current.room.member(item) ?? item)));
		}
		this.bar.replaceChildren(...acts);
		if (acts.length > 0) row.append(this.bar);
		else this.bar.remove();
	}

	unfold(row) {
		row.item.isUnfolded = !row.item.isUnfolded;
		this.page.current.changed(row.item);
	}

	edit(item) {
		this.edited = item;
		at('entry').value = item.data;
		this.told();
		this.hint();
		at('entry').focus();
	}

	remove(item) {
		const { page } = this;
		page.panel.open(t('page_delete'), prose('text', item.data.slice(0, 300)), make('p', '', t('page_delete_asked')), button(t('page_delete'), () => {
			page.panel.shut();
			page.ask({ delete: item.id });
		}));
	}
}

const addressOf = ({ user, key, namesake }) => (namesake && key ? `${user}#${key.slice(0, 4)}` : user);

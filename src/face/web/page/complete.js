// What Tab makes of the word before the caret: a command, an emoji by its name, or who is here.
import { nameOf, t, typed } from './text.js';

const emoji = () => t('emoji').split('\n').map((line) => line.split(' '));

export class Completion {
	/** `current()`: the conversation whose people are meant. */
	constructor(entry, current) {
		this.entry = entry;
		this.current = current;
		this.state = {};
	}

	get before() {
		return this.entry.value.slice(0, this.entry.selectionStart);
	}

	/** Puts something in the place of the letters before the caret. */
	put(count, text) {
		const caret = this.entry.selectionStart;
		this.entry.setRangeText(text, caret - count, caret, 'end');
	}

	/** A name between colons becomes its emoji. */
	written() {
		const [, name] = /(?:^|\s):([\w+-]+):$/.exec(this.before) ?? [];
		const found = emoji().find(([known]) => known === name);
		if (found) this.put(name.length + 2, found[1]);
	}

	/** Completes the word, or goes on to the next that it may be; whether there is one. */
	next() {
		const { before } = this;
		if (this.state.before !== before) {
			const [word] = /\S*$/.exec(before);
			this.state = { last: word, words: this.words(word, before) };
		}
		const { last, words } = this.state;
		const word = words.shift();
		if (!word) return false;
		this.put(last.length, word);
		this.state = { last: word, words, before: this.before };
		return true;
	}

	/** All that a word may become. */
	words(word, before) {
		if (!word) return [];
		const isFirst = word === before;
		if (isFirst && word[0] === '/') {
			return t('page_command_lines').split('\n').filter((line) => line.startsWith(word)).map((line) => `${line.split(' ')[0]} `);
		}
		if (word[0] === ':') return emoji().filter(([name]) => word[1] && `:${name}`.startsWith(word)).map(([, sign]) => sign);
		const { room, items } = this.current();
		const isMeant = (who) => !who.own && nameOf(who).toLowerCase().startsWith(word.toLowerCase().replace(/^"/, ''));
		const spoke = ({ key }) => items.findLastIndex((item) => item.key === key);
		const people = [...room.members.values()].filter(isMeant).sort((one, other) => spoke(other) - spoke(one));
		// Behind a command, a name with blanks stands in quotes; whoever is addressed stands first.
		return people.map((who) => (before[0] === '/' ? `${typed(who)} ` : `${nameOf(who)}${isFirst ? ':' : ''} `));
	}
}

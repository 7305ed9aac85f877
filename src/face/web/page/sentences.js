// What is told beside the messages, as sentences.
import { clean, nameOf, t } from './text.js';

const names = (people) => people.map(nameOf).join(', ');
const interfaces = (all) => all.map(({ name, address }) => (address ? `${name} (${address})` : name)).join(', ');

const MOVES = {
	entered: (event) => t(event.here_before ? 'is_here' : 'entered', { who: nameOf(event) }),
	left: (event) => t(event.farewell ? 'left' : 'gone', { who: nameOf(event) }),
	silent: (event) => t('silent', { who: nameOf(event) }),
	back: (event) => t('back', { who: nameOf(event) }),
};

const NOTES = {
	renamed: ({ before, own, ...who }) => (own
		? t('you_are_renamed', { who: nameOf(who) })
		: t('renamed', { before: clean(before), who: nameOf(who) })),
	slow: (event) => t('slow', { who: nameOf(event) }),
	caught_up: ({ messages }) => (messages > 0 ? t('page_caught_up', { count: messages }) : null),
	gap: (event) => t('gap', { who: nameOf(event) }),
	undelivered: ({ waiting }) => t('undelivered', { who: names(waiting) }),
	unmirrored: ({ lines }) => t('unmirrored', { count: lines }),
	kept_again: ({ messages }) => t('kept_again', { count: messages }),
	missed: ({ lines }) => t('missed', { count: lines }),
	verified: (event) => t('verified', { who: nameOf(event) }),
	unverified: (event) => t('unverified', { who: nameOf(event) }),
	namesake: (event) => t('namesake', { name: clean(event.user), who: nameOf(event) }),
	name_taken: (event) => t('name_taken', { name: clean(event.user), who: nameOf({ ...event, namesake: true }) }),
	shared_key: ({ members }) => t('shared_key', { who: names(members) }),
	own_key_elsewhere: ({ source }) => t('own_key_elsewhere', { source }),
	equivocation: (event) => t('equivocation', { who: nameOf(event) }),
	ignored: (event) => t('page_ignored', { who: nameOf({ ...event, plain: 'address' in event }) }),
	unignored: (event) => t('unignored', { who: nameOf({ ...event, plain: 'address' in event }) }),
	ignore_list: ({ members }) => (members.length > 0
		? t('page_ignore_list', { who: members.map((who) => nameOf({ ...who, plain: 'address' in who })).join(', ') })
		: t('ignore_nobody')),
	members: ({ members, request }) => request && (members.length > 1 && members[0].own
		? t('who_is_here', { me: nameOf(members[0]), who: names(members.slice(1)) })
		: members.map((who) => t(who.own ? 'own_fingerprint' : 'fingerprint', { who: nameOf(who), key: who.key })).join('; ')),
	rooms: ({ rooms }) => rooms.map(({ number, name, of }) => `${number} ${clean(name)} (${of})`).join(' · '),
	alone: (event) => t(event.hears_itself ? 'alone' : 'alone_and_unheard', { interfaces: interfaces(event.interfaces) }),
	interface: ({ name, state }) => t(state === 'joined' ? 'interface_joined' : 'interface_lost', { name }),
	no_network: () => t('no_network'),
	slept: () => t('slept'),
	stats: ({ of, held_bytes: held, dropped }) => t('page_stats', {
		of,
		held: Math.ceil(held / 1024),
		dropped: dropped.reduce((all, { frames }) => all + frames, 0),
	}),
	error: ({ data, code }) => data ?? code,
	note: ({ data }) => data,
};

/** What an event says: `[kind, sentence]`, or nothing. */
export function sentenceOf(event) {
	if (Object.hasOwn(MOVES, event.event)) return ['move', MOVES[event.event](event)];
	const words = Object.hasOwn(NOTES, event.event) ? NOTES[event.event](event) : null;
	return words ? [event.event === 'error' ? 'error' : 'said', words] : null;
}

// What is told beside the messages, as sentences.
import { clean, nameOf, own, placed, sizeOf, t } from './text.js';

const names = (people) => people.map(nameOf).join(', ');
const ofIgnored = (who) => ({ ...who, plain: 'address' in who });
const interfaces = (all) => all.map(({ name, address }) => (address ? `${name} (${address})` : name)).join(', ');

/** Sentences of people who come and go. */
const MOVES = {
	entered: ({ here_before: before }) => (before ? 'is_here' : 'entered'),
	left: ({ farewell }) => (farewell ? 'left' : 'gone'),
	silent: () => 'silent',
	back: () => 'back',
};

// What is called as its event, and says no more than that, who, or how many.
const alone = ({ event }) => t(event);
const of = (event) => t(event.event, { who: nameOf(event) });
const counted = ({ event, lines, messages }) => t(event, { count: lines ?? messages });

const NOTES = {
	renamed: ({ before, own, ...who }) => t(own ? 'you_are_renamed' : 'renamed', { before: clean(before), who: nameOf(who) }),
	slow: of,
	caught_up: ({ messages }) => (messages > 0 ? t('page_caught_up', { count: messages }) : null),
	gap: of,
	undelivered: ({ waiting }) => t('undelivered', { who: names(waiting) }),
	unmirrored: counted,
	kept_again: counted,
	missed: counted,
	verified: of,
	unverified: of,
	namesake: (event) => t('namesake', { name: clean(event.user), who: nameOf(event) }),
	name_taken: (event) => t('name_taken', { name: clean(event.user), who: nameOf({ ...event, namesake: true }) }),
	shared_key: ({ members }) => t('shared_key', { who: names(members) }),
	own_key_elsewhere: ({ source }) => t('own_key_elsewhere', { source }),
	equivocation: of,
	ignored: (event) => t('page_ignored', { who: nameOf(ofIgnored(event)) }),
	unignored: (event) => t('unignored', { who: nameOf(ofIgnored(event)) }),
	ignore_list: ({ members }) => (members.length > 0
		? t('page_ignore_list', { who: names(members.map(ofIgnored)) })
		: t('ignore_nobody')),
	members: ({ members, request }) => request && (members.length > 1 && members[0].own
		? t('who_is_here', { me: nameOf(members[0]), who: members.slice(1).map(placed).join(', ') })
		: members.map((who) => t(who.own ? 'own_fingerprint' : 'fingerprint', { who: nameOf(who), key: who.key })).join('; ')),
	rooms: ({ rooms }) => rooms.map((room) => `${room.number} ${clean(room.name)} (${room.of})`).join(' · '),
	alone: (event) => t(event.hears_itself ? 'alone' : 'alone_and_unheard', { interfaces: interfaces(event.interfaces) }),
	interface: ({ name, state }) => t(state === 'joined' ? 'interface_joined' : 'interface_lost', { name }),
	no_network: alone,
	slept: alone,
	stats: ({ of: all, held_bytes: held, dropped }) => t('page_stats', {
		of: all,
		held: Math.ceil(held / 1024),
		dropped: dropped.reduce((sum, { frames }) => sum + frames, 0),
	}),
	file_failed: ({ file, code }) => t('page_file_failed', { name: clean(file.name), why: t(`fault_${code}`) }),
	files: ({ files, request }) => request && (files.length > 0
		? files.map((file) => `${file.number}. ${clean(file.name)}, ${sizeOf(file.size_bytes)}`).join(' · ')
		: t('no_files')),
	appointed: ({ data }) => data,
	dismissed: ({ data }) => data,
	muted: ({ data }) => data,
	unmuted: ({ data }) => data,
	given_word: ({ data }) => data,
	all_muted: ({ data }) => data,
	all_unmuted: ({ data }) => data,
	roles: ({ data, request }) => request && data,
	site: ({ data }) => data,
	sites: ({ data, request }) => request && data,
	delivered_at: ({ data }) => data,
	link: ({ data }) => data,
	error: ({ data, code }) => data ?? code,
	note: ({ data }) => data,
};

/** What an event says: `[kind, sentence]`, or nothing. */
export function sentenceOf(event) {
	const move = own(MOVES, event.event)?.(event);
	if (move) return ['move', t(move, { who: nameOf(event) })];
	const words = own(NOTES, event.event)?.(event);
	return words ? [event.event === 'error' ? 'error' : 'said', words] : null;
}

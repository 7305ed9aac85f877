// The page with sound alone: who is heard, and one's own microphone.
import { Call } from './call.js';
import { at, load, t } from './text.js';
import { Wire, takeToken } from './wire.js';

const says = (words) => { at('status').textContent = words; };
let wire = null;
let me = null;
let room;

async function start() {
	const token = takeToken('roda');
	await load();
	if (!token) return says(t('page_no_link'));
	says(t('page_calling'));
	const command = (line) => wire.say({ command: line, room }).catch(() => says(t('page_lost')));
	const drawn = () => { document.title = `${call?.isOn ? '● ' : ''}roda`; };
	let call = null;
	call = new Call(at('call'), { wire: () => wire, room: () => room, me: () => me, command, drawn }, true);
	wire = new Wire(token, {
		told(events) {
			for (const event of events) {
				if (event.event === 'snapshot') room ??= event.rooms[0];
				if (event.event === 'ready' && event.room === room) {
					me = event;
					at('room').textContent = room;
				}
				if (event.event === 'parted' && event.room === room) call.leave();
				if (event.event !== 'call' || event.room === room) call.take(event);
			}
		},
		snapshot: () => [{ event: 'snapshot', rooms: [room] }, { ...me, event: 'ready', room }, ...(call.stage.state ? [call.stage.state] : []), { event: 'live' }],
		state: (state, sentence) => says({ open: '', denied: t('page_denied'), refused: sentence }[state] ?? t('page_lost')),
	});
	return wire.start();
}

start();

// What is seen and heard: one WebRTC connection between this page and the program, which puts people
// into its places. The page of guests has the same, and sends nothing.
import { make, named, nameOf, on, t } from './text.js';

const PICTURES = 4;
const VOICES = 8;
export const SOURCES = { sound: 'audio', camera: 'video', screen: 'video' };
const CODECS = /^(audio\/opus|video\/(vp8|vp9|rtx))$/i;
const AGAIN_MS = 1000;

/** Only what the program passes on. */
function prefer(transceiver, kind) {
	const all = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
	const wanted = all.filter(({ mimeType }) => CODECS.test(mimeType));
	// The first is taken: VP8 costs least.
	const rank = ({ mimeType }) => ['video/VP8', 'video/VP9'].indexOf(mimeType) >>> 0;
	wanted.sort((one, other) => rank(one) - rank(other));
	if (wanted.length > 0) transceiver.setCodecPreferences?.(wanted);
}

function iconButton(words, sign, act) {
	const made = make('button', 'icon', sign);
	made.type = 'button';
	made.title = words;
	made.ariaLabel = words;
	on(made, 'click', act);
	return made;
}

/** A sign with its word. */
function signOf([words, sign]) {
	const made = make('span', 'sign', sign);
	made.title = words;
	made.role = 'img';
	made.ariaLabel = words;
	return made;
}

/** One picture with the name under it. */
export class Picture {
	constructor(look = '') {
		this.video = make('video');
		Object.assign(this.video, { autoplay: true, playsInline: true, muted: true, disablePictureInPicture: false });
		this.name = make('figcaption');
		this.box = make('figure', look, this.video, this.name);
		this.box.hidden = true;
	}

	/** `marks`: signs behind the name, and `[words, sign, act]` of further buttons. */
	show(track, who, media, marks = { signs: [], acts: [] }) {
		if (this.video.srcObject?.getTracks()[0] !== track) this.video.srcObject = track ? new MediaStream([track]) : null;
		this.box.hidden = !track;
		if (!track) return;
		const state = JSON.stringify([who.user, who.key, media, marks, document.documentElement.lang]);
		if (state === this.state) return;
		this.state = state;
		const words = media === 'screen' ? t('page_call_screen_of', { who: nameOf(who) }) : nameOf(who);
		this.video.ariaLabel = words;
		const acts = [iconButton(t('page_call_full'), '⛶', () => this.video.requestFullscreen())];
		if (document.pictureInPictureEnabled) {
			acts.push(iconButton(t('page_call_pip'), '⧉', () => this.video.requestPictureInPicture()));
		}
		acts.push(...marks.acts.map((act) => iconButton(...act)));
		const label = media === 'screen' ? make('span', '', words) : named(who);
		this.name.replaceChildren(label, ' ', ...marks.signs.map(signOf), ...acts);
	}
}

export class Stage {
	/** `hooks`: `connect(sdp)` gives the answer and the connection's number, `sends`: of these, `changed()`, `marks(who)`. */
	constructor(hooks) {
		this.hooks = hooks;
		this.pc = null;
		this.peer = null;
		this.opening = null;
		this.isIn = false;
		this.senders = {};
		this.receivers = { pictures: [], voices: [] };
		this.state = null;
		this.quiet = new Set();
		this.pictures = Array.from({ length: PICTURES }, () => new Picture());
		this.sounds = Array.from({ length: VOICES }, () => {
			const sound = make('audio');
			sound.autoplay = true;
			return sound;
		});
		this.grid = make('div', 'pictures', ...this.pictures.map(({ box }) => box));
		this.voices = make('ul', 'voices');
		this.speakers = make('div', '', ...this.sounds);
		this.speakers.hidden = true;
	}

	/** Connects, and again whenever the connection breaks, until `close`. */
	async open() {
		this.isIn = true;
		if (!this.opening) {
			const opening = this.connect().finally(() => {
				if (this.opening === opening) this.opening = null;
			});
			this.opening = opening;
		}
		return this.opening;
	}

	async connect() {
		if (this.pc) return;
		const pc = new RTCPeerConnection();
		this.pc = pc;
		const add = (kind, options) => {
			const made = pc.addTransceiver(kind, options);
			prefer(made, kind);
			return made;
		};
		this.senders = {};
		for (const media of this.hooks.sends) this.senders[media] = add(SOURCES[media], { direction: 'sendonly' }).sender;
		const receivers = (kind, count) => Array.from({ length: count }, () => add(kind, { direction: 'recvonly' }).receiver);
		this.receivers = { voices: receivers('audio', VOICES), pictures: receivers('video', PICTURES) };
		on(pc, 'connectionstatechange', () => {
			if (pc === this.pc && /failed|closed/.test(pc.connectionState)) this.broken();
			this.hooks.changed();
		});
		try {
			await pc.setLocalDescription();
			if (pc !== this.pc) return;
			const { sdp, peer } = await this.hooks.connect(pc.localDescription.sdp);
			if (pc !== this.pc) return;
			this.peer = peer;
			await pc.setRemoteDescription({ type: 'answer', sdp });
			this.draw();
		} catch (error) {
			if (pc === this.pc) this.drop();
			throw error;
		}
	}

	/** Whether sound and pictures reach this page. */
	get isOpen() {
		return this.pc?.connectionState === 'connected';
	}

	broken() {
		this.drop();
		this.hooks.broken?.();
		setTimeout(() => this.isIn && this.open().then(() => this.hooks.again?.()).catch(() => this.isIn && this.broken()), AGAIN_MS);
	}

	drop() {
		this.pc?.close();
		this.pc = null;
		this.peer = null;
		this.senders = {};
		this.receivers = { pictures: [], voices: [] };
		this.draw();
	}

	close() {
		this.isIn = false;
		this.opening = null;
		this.drop();
	}

	/** Takes in the state of the call. */
	told(state) {
		this.state = state;
		this.draw();
	}

	draw() {
		const { pictures = [], voices = [], speaking = [] } = this.state ?? {};
		const isSpeaking = (who) => speaking.some(({ key, user, guest, guest_of: host }) => (key ? key === who.key : user === who.user && guest === who.guest && host?.key === who.guest_of?.key));
		this.pictures.forEach((picture, at) => {
			const who = pictures[at];
			const track = who && this.receivers.pictures[at]?.track;
			picture.show(track ?? null, who, who?.media, who ? this.marks(who) : undefined);
			picture.box.classList.toggle('speaking', Boolean(who && isSpeaking(who)));
		});
		this.sounds.forEach((sound, at) => {
			const who = voices[at];
			const track = who && this.receivers.voices[at]?.track;
			if ((sound.srcObject?.getTracks()[0] ?? null) !== (track ?? null)) sound.srcObject = track ? new MediaStream([track]) : null;
			sound.muted = Boolean(who && this.quiet.has(who.id));
		});
		const rows = voices.filter(Boolean).map((who) => this.voice(who, isSpeaking(who)));
		const marks = voices.map((who) => who && this.marks(who));
		const state = JSON.stringify([rows.length, voices, marks, speaking, [...this.quiet], document.documentElement.lang]);
		if (state === this.drawn) return;
		this.drawn = state;
		this.voices.replaceChildren(...rows);
	}

	/** What stands behind the name of somebody. */
	marks(who) {
		return this.hooks.marks?.(who) ?? { signs: [], acts: [] };
	}

	/** A row of who is heard, with a button to hear somebody no more. */
	voice(who, isSpeaking) {
		const isQuiet = this.quiet.has(who.id);
		const words = t(isQuiet ? 'page_call_hear' : 'page_call_mute_one', { who: nameOf(who) });
		const mute = iconButton(words, isQuiet ? '🔇' : '🔊', () => {
			if (isQuiet) this.quiet.delete(who.id);
			else this.quiet.add(who.id);
			this.draw();
		});
		mute.ariaPressed = String(isQuiet);
		const { signs, acts } = this.marks(who);
		const row = make('li', isSpeaking ? 'speaking' : '', named(who), ' ', ...signs.map(signOf), mute, ...acts.map((act) => iconButton(...act)));
		if (isSpeaking) row.title = t('page_call_speaks');
		return row;
	}
}

// The call: speak, camera, screen, leave. Nothing is on without a click here, and while something
// is, a mark says so.
import { button } from './people.js';
import { Picture, SOURCES, Stage } from './stage.js';
import { make, nameOf, on, t, typed } from './text.js';

const METER_MS = 100;
const WANTED = {
	camera: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15, max: 30 } },
	sound: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
	screen: { frameRate: { ideal: 8, max: 10 } },
};
const ON = { sound: 'page_call_on_sound', camera: 'page_call_on_camera', screen: 'page_call_on_screen' };
const SIGNS = { sound: '🎤', camera: '📷', screen: '🖥' };

/** Whether keys are for a field, and not for the page. */
const isTyped = ({ target }) => target.closest?.('input:not([type=checkbox]), textarea, select, button, [contenteditable]');

export class Call {
	/** `page`: `wire()`, `room()`, `me(room)`, `command(line, room)`, `says(words)`, `drawn()`; `isSound`: nothing is seen. */
	constructor(box, page, isSound = false) {
		this.box = box;
		this.page = page;
		this.tracks = {};
		/** The room of this call, whatever is read meanwhile; null outside one. */
		this.place = null;
		/** What is at its beginning or its end; and which turn this is: leaving ends one. */
		this.pending = new Set();
		this.turn = 0;
		this.isMuted = false;
		this.isHeld = false;
		this.devices = {};
		this.stage = new Stage({
			sends: Object.keys(SOURCES),
			connect: (sdp) => this.connect(sdp),
			changed: () => this.draw(),
			broken: () => this.draw(),
			again: () => this.resume(),
			marks: (who) => this.marksOf(who),
		});
		this.own = { camera: new Picture('own'), screen: new Picture('own') };
		this.stage.grid.prepend(this.own.camera.box, this.own.screen.box);
		this.build(isSound);
		on(document, 'keydown', (event) => this.key(event, true));
		on(document, 'keyup', (event) => this.key(event, false));
		on(window, 'blur', () => this.release());
		on(document, 'visibilitychange', () => this.release());
		on(document, 'focusin', (event) => isTyped(event) && this.release());
		on(window, 'pagehide', () => this.vanish());
		this.draw();
	}

	build(isSound) {
		const sources = isSound ? ['sound'] : ['sound', 'camera', 'screen'];
		this.buttons = Object.fromEntries(sources.map((media) => [media, button('', () => this.toggle(media))]));
		this.watch = button('', () => this.enter());
		this.leaveButton = button('', () => this.leave());
		this.mute = button('', () => this.setMuted(!this.isMuted));
		this.hand = button('', () => this.raise());
		this.meter = make('meter');
		Object.assign(this.meter, { min: 0, max: 1, low: 0.05, value: 0 });
		this.push = make('input');
		this.push.type = 'checkbox';
		on(this.push, 'change', () => { this.isHeld = false; this.apply(); });
		this.pushWords = make('span');
		this.pushLabel = make('label', 'push', this.push, ' ', this.pushWords);
		this.chosen = Object.fromEntries(sources.filter((media) => media !== 'screen').map((media) => {
			const made = make('select');
			on(made, 'change', () => this.change(media));
			return [media, made];
		}));
		this.air = make('p', 'air');
		this.air.role = 'status';
		this.says = make('p', 'call-says');
		this.says.ariaLive = 'polite';
		this.hands = make('p', 'hands');
		this.rules = make('p', 'rules');
		this.muteAll = button('', () => this.rule('/mute'));
		this.unmuteAll = button('', () => this.rule('/unmute'));
		this.relay = button('', () => this.rule(this.relayed ? '/relay off' : '/relay'));
		this.others = make('p', 'others');
		this.choices = make('p', 'others');
		const acts = make('div', 'call-acts', ...Object.values(this.buttons), this.watch, this.mute, this.hand, this.muteAll, this.unmuteAll, this.relay, this.leaveButton, this.meter, this.pushLabel, ...Object.values(this.chosen));
		const { grid, voices, speakers } = this.stage;
		if (isSound) grid.hidden = true;
		this.box.replaceChildren(this.air, acts, this.says, this.rules, grid, voices, this.others, this.choices, this.hands, speakers);
	}

	/** Whether something of this page is on. */
	get isOn() {
		return Object.keys(this.tracks).length > 0;
	}

	async connect(sdp) {
		const { turn } = this;
		this.place ??= this.page.room();
		const wire = this.page.wire();
		const [answer] = await wire.ask('/offer', { method: 'POST', body: JSON.stringify({ room: this.place, sdp }) });
		if (!answer?.sdp) throw new Error(t('page_lost'));
		// Whoever left meanwhile needs the connection no more.
		if (turn !== this.turn) this.act({ leave: true }, answer.peer).catch(() => {});
		return answer;
	}

	/** Does something on the connection. */
	act(what, peer = this.stage.peer, isLast = false) {
		const body = JSON.stringify({ peer, ...what });
		return this.page.wire().ask('/call', { method: 'POST', body, keepalive: isLast });
	}

	tell(words) {
		this.says.textContent = words;
	}

	/** Watches and listens. */
	async enter() {
		const { turn } = this;
		try {
			await this.stage.open();
			if (turn !== this.turn) return false;
			this.tell('');
		} catch (error) {
			if (turn !== this.turn) return false;
			this.stop();
			this.tell(error.message === 'lost' ? t('page_lost') : error.message);
		}
		this.draw();
		return turn === this.turn && this.stage.peer !== null;
	}

	toggle(media) {
		return this.tracks[media] ? this.end(media) : this.begin(media);
	}

	async begin(media) {
		const { turn, pending } = this;
		if (pending.has(media)) return;
		pending.add(media);
		let track = null;
		try {
			track = await this.capture(media);
			if (turn !== this.turn) return track.stop();
			// From here on it is on, and a click ends it.
			this.keep(media, track);
			this.draw();
			if (!(await this.enter())) return this.lose(media, track);
			if (this.tracks[media]) await this.act({ begin: media });
			if (this.tracks[media]) await this.stage.senders[media]?.replaceTrack(this.tracks[media]);
			if (turn !== this.turn) return;
			// It was switched off meanwhile.
			if (!this.tracks[media]) await this.silence(media);
			this.tell('');
		} catch (error) {
			if (track) this.lose(media, track);
			if (turn !== this.turn) return;
			const isDenied = error.name === 'NotAllowedError';
			const isNone = error.name === 'NotFoundError' || error.name === 'NotReadableError';
			this.tell(isDenied ? t('page_call_denied') : isNone ? t('page_call_no_device') : error.message);
		} finally {
			pending.delete(media);
		}
		this.draw();
	}

	/** A track that is not sent. */
	lose(media, track) {
		track.stop();
		if (this.tracks[media] === track) delete this.tracks[media];
		this.draw();
	}

	async capture(media) {
		if (!navigator.mediaDevices) throw new Error(t('page_call_insecure'));
		if (media === 'screen') {
			const stream = await navigator.mediaDevices.getDisplayMedia({ video: WANTED.screen });
			const [track] = stream.getVideoTracks();
			// Letters matter more than movement.
			track.contentHint = 'detail';
			return track;
		}
		const deviceId = this.devices[media] ? { deviceId: { exact: this.devices[media] } } : {};
		const kind = media === 'sound' ? 'audio' : 'video';
		const stream = await navigator.mediaDevices.getUserMedia({ [kind]: { ...WANTED[media], ...deviceId } });
		this.list();
		return stream.getTracks()[0];
	}

	keep(media, track) {
		this.tracks[media] = track;
		// The browser's own button ends it, or somebody pulls the plug.
		on(track, 'ended', () => this.tracks[media] === track && this.end(media));
		if (media === 'sound') {
			this.apply();
			this.measure(track);
		}
	}

	async end(media) {
		const track = this.tracks[media];
		delete this.tracks[media];
		track?.stop();
		this.draw();
		const { pending } = this;
		// Whoever is at its beginning sees that it has ended.
		if (pending.has(media)) return;
		pending.add(media);
		await this.silence(media);
		pending.delete(media);
	}

	/** Says that something is sent no more. */
	async silence(media) {
		const { peer, senders } = this.stage;
		try {
			await senders[media]?.replaceTrack(null);
			if (peer !== null) await this.act({ end: media }, peer);
		} catch { /* what is lost has ended */ }
	}

	/** The connection is there again: what was on is sent again. */
	async resume() {
		const { turn } = this;
		for (const [media, track] of Object.entries(this.tracks)) {
			try {
				await this.act({ begin: media });
				if (turn !== this.turn) return;
				if (this.tracks[media]) await this.stage.senders[media]?.replaceTrack(this.tracks[media]);
				else await this.silence(media);
			} catch {
				if (this.tracks[media] === track) this.end(media);
			}
		}
		this.draw();
	}

	async leave() {
		const { peer } = this.stage;
		this.stop();
		this.tell('');
		this.draw();
		try {
			if (peer !== null) await this.act({ leave: true }, peer);
		} catch { /* it is over all the same */ }
	}

	/** Nothing is on, sent or shown any more; what is still to come of it is of an earlier turn. */
	stop() {
		this.turn += 1;
		this.pending = new Set();
		for (const track of Object.values(this.tracks)) track.stop();
		this.tracks = {};
		this.isHeld = false;
		this.place = null;
		this.stage.close();
	}

	/** The page goes: what it sent ends with it. */
	vanish() {
		const { peer } = this.stage;
		if (peer !== null) this.act({ leave: true }, peer, true).catch(() => {});
		this.stop();
	}

	setMuted(isMuted) {
		this.isMuted = isMuted;
		this.apply();
	}

	/** The microphone is heard unless it is muted, or while the space bar is held. */
	apply() {
		const { sound } = this.tracks;
		if (sound) sound.enabled = this.push.checked ? this.isHeld : !this.isMuted;
		this.draw();
	}

	key(event, isDown) {
		if (event.code !== 'Space') return;
		if (!isDown) {
			if (this.isHeld) event.preventDefault();
			this.release();
			return;
		}
		if (!this.push.checked || !this.tracks.sound || isTyped(event)) return;
		event.preventDefault();
		if (event.repeat) return;
		this.isHeld = true;
		this.apply();
	}

	/** The space bar is held no more, or it may be let go where this page does not see it. */
	release() {
		if (!this.isHeld) return;
		this.isHeld = false;
		this.apply();
	}

	raise() {
		this.rule(this.hasHand ? '/hand down' : '/hand');
	}

	get hasHand() {
		const me = this.page.me(this.place);
		return (this.stage.state?.hands ?? []).some(({ key }) => key && key === me?.key);
	}

	/** Pictures that have no place, each with a button that gives it one. */
	drawChoices(others) {
		const pictures = others.filter(({ media }) => media !== 'sound');
		const drawn = JSON.stringify([pictures, document.documentElement.lang]);
		if (drawn === this.drawnChoices) return;
		this.drawnChoices = drawn;
		this.choices.replaceChildren(...pictures.map((who) => button(t('page_call_show', { who: nameOf(who) }), () => {
			this.act({ choose: [who.id] }).catch((error) => this.tell(error.message));
		})));
	}

	/** Who decides for all, and what holds; nothing in a room without a host. */
	get roles() {
		return this.stage.state?.roles;
	}

	get mayDecide() {
		return Boolean(this.roles) && this.roles.role !== 'member';
	}

	/** To how many copies go by unicast; nothing while none do. */
	get relayed() {
		return this.stage.state?.relay;
	}

	rule(line) {
		this.page.command(line, this.place ?? this.stage.state?.room);
	}

	/** Whether somebody is the host, or appointed: `[words, sign]`, or nothing. */
	signOf({ key }) {
		const { host, moderators = [] } = this.roles ?? {};
		if (!key) return undefined;
		if (host?.key === key) return [t('page_call_is_host'), '★'];
		return moderators.some((one) => one.key === key) ? [t('page_call_is_moderator'), '☆'] : undefined;
	}

	/** What stands behind a name: who decides, and what may be decided about them. */
	marksOf(who) {
		const sign = this.signOf(who);
		if (sign) return { signs: [sign], acts: [] };
		const words = t('page_call_mute_for_all', { who: nameOf(who) });
		return { signs: [], acts: this.mayDecide ? [[words, '⛔', () => this.rule(`/mute ${typed(who)}`)]] : [] };
	}

	/** Names of people, each a button if something can be decided about them. */
	namesOrButtons(people, words, command) {
		return people.map((who, at) => {
			const isButton = this.mayDecide && !this.signOf(who);
			const act = () => this.rule(`${command} ${typed(who)}`);
			const made = isButton ? button(t(words, { who: nameOf(who) }), act) : make('bdi', '', nameOf(who));
			return make('span', '', at > 0 ? ', ' : '', made);
		});
	}

	/** Shows who asks for the word, who decides, and who is muted. */
	drawRules({ hands = [], roles }) {
		const state = JSON.stringify([hands, roles, document.documentElement.lang]);
		if (state === this.rulesDrawn) return;
		this.rulesDrawn = state;
		const asking = this.namesOrButtons(hands, 'page_call_give_word', '/word');
		this.hands.replaceChildren(...(asking.length > 0 ? ['✋ ', ...asking] : []));
		if (!roles) return this.rules.replaceChildren();
		const host = roles.host.user ? nameOf(roles.host) : t('page_call_host_away');
		const parts = [make('span', '', `★ ${t('page_call_host', { who: host })}`)];
		if (roles.all_muted) parts.push(make('span', '', t('page_call_all_muted')));
		if (roles.muted.length > 0) {
			parts.push(make('span', '', `${t('page_call_muted')} `, ...this.namesOrButtons(roles.muted, 'page_call_unmute', '/unmute')));
		}
		this.rules.replaceChildren(...parts.flatMap((part, at) => (at > 0 ? [' · ', part] : [part])));
		return undefined;
	}

	/** Whoever is muted for all sends nothing, and is told who decided that. */
	obey() {
		const by = this.roles?.muted_by;
		const words = by ? t('page_call_muted_by', { who: nameOf(by) }) : '';
		for (const made of Object.values(this.buttons)) made.disabled = Boolean(by);
		if (!by && this.mutedWords) this.tell('');
		this.mutedWords = words;
		if (!by) return;
		this.tell(words);
		for (const media of Object.keys(this.tracks)) this.end(media);
	}

	/** How loud this microphone is. */
	measure(track) {
		const audio = new AudioContext();
		const analyser = audio.createAnalyser();
		audio.createMediaStreamSource(new MediaStream([track])).connect(analyser);
		const values = new Float32Array(analyser.fftSize);
		const timer = setInterval(() => {
			if (this.tracks.sound !== track) {
				clearInterval(timer);
				audio.close();
				this.meter.value = 0;
				return;
			}
			analyser.getFloatTimeDomainData(values);
			this.meter.value = track.enabled ? Math.min(1, values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)) : 0;
		}, METER_MS);
	}

	/** Lists microphones and cameras, whose names are known once one of them is on. */
	async list() {
		const all = await navigator.mediaDevices.enumerateDevices();
		for (const [media, select] of Object.entries(this.chosen)) {
			const kind = media === 'sound' ? 'audioinput' : 'videoinput';
			const found = all.filter((device) => device.kind === kind && device.deviceId);
			select.replaceChildren(...found.map(({ deviceId, label }, number) => {
				const option = make('option', '', label || `${number + 1}`);
				option.value = deviceId;
				return option;
			}));
			const used = this.tracks[media]?.getSettings().deviceId ?? this.devices[media];
			if (used) select.value = used;
		}
		this.draw();
	}

	async change(media) {
		this.devices[media] = this.chosen[media].value;
		const before = this.tracks[media];
		if (!before) return;
		try {
			const track = await this.capture(media);
			// It was switched off meanwhile.
			if (this.tracks[media] !== before) return track.stop();
			this.keep(media, track);
			before.stop();
			await this.stage.senders[media]?.replaceTrack(track);
		} catch (error) {
			this.tell(error.message);
		}
		this.draw();
	}

	/** How many streams of others there are. */
	get count() {
		const { pictures = [], voices = [], others = [] } = this.stage.state ?? {};
		return [...pictures, ...voices, ...others].filter(Boolean).length;
	}

	/** Takes in an event of the call; whether it was one. */
	take(event) {
		if (event.event === 'call') {
			this.stage.told(event);
			this.obey();
			this.draw();
			return true;
		}
		if (event.event !== 'call_rate') return false;
		const sender = this.stage.senders[event.media];
		const wanted = sender?.getParameters();
		if (wanted?.encodings?.length > 0) {
			for (const encoding of wanted.encodings) encoding.maxBitrate = event.bits_per_s;
			sender.setParameters(wanted).catch(() => {});
		}
		return true;
	}

	draw() {
		const { stage, tracks } = this;
		const state = stage.state ?? {};
		const isIn = stage.peer !== null || stage.isIn;
		const label = (made, words, sign = '') => {
			made.textContent = sign ? `${sign} ${words}` : words;
		};
		for (const [media, made] of Object.entries(this.buttons)) {
			const isOn = Boolean(tracks[media]);
			made.ariaPressed = String(isOn);
			label(made, t({ sound: 'page_call_speak', camera: 'page_call_camera', screen: 'page_call_screen' }[media]), SIGNS[media]);
		}
		label(this.watch, t('page_call_watch'), '▶');
		label(this.leaveButton, t('page_call_leave'));
		label(this.mute, t('page_call_mute'));
		label(this.hand, t('page_call_hand'), '✋');
		this.mute.ariaPressed = String(this.isMuted);
		this.hand.ariaPressed = String(this.hasHand);
		this.pushWords.textContent = t('page_call_push');
		this.meter.ariaLabel = t('page_call_level');
		this.watch.hidden = isIn;
		this.leaveButton.hidden = !isIn;
		// Whoever is muted asks for the word before taking part.
		this.hand.hidden = !isIn && !this.roles?.muted_by;
		for (const made of [this.mute, this.meter, this.pushLabel]) made.hidden = !tracks.sound;
		for (const [media, select] of Object.entries(this.chosen)) {
			select.ariaLabel = t(media === 'sound' ? 'page_call_microphone' : 'page_call_cameras');
			select.hidden = !tracks[media] || select.options.length < 2;
		}
		for (const [media, picture] of Object.entries(this.own)) {
			picture.show(tracks[media] ?? null, this.page.me(this.place) ?? { user: '' }, media);
		}
		const on = Object.keys(tracks).map((media) => `${SIGNS[media]} ${t(ON[media])}`);
		this.air.hidden = on.length === 0;
		const words = on.length > 0 ? `● ${t('page_call_on_air')} ${on.join(', ')}` : '';
		if (this.air.textContent !== words) this.air.textContent = words;
		label(this.muteAll, t('page_call_mute_all'), '⛔');
		label(this.unmuteAll, t('page_call_unmute_all'));
		this.muteAll.hidden = !this.mayDecide || this.roles.all_muted;
		this.unmuteAll.hidden = !this.mayDecide || !this.roles.all_muted;
		label(this.relay, t('page_call_relay'));
		this.relay.ariaPressed = String(Boolean(this.relayed));
		this.relay.hidden = !(this.relayed || (this.isOn && state.lost_percent && (!this.roles || this.mayDecide)));
		this.drawRules(state);
		const shown = isIn ? [] : [...state.pictures ?? [], ...state.voices ?? []].filter(Boolean);
		const others = [...new Set([...shown, ...state.others ?? []].map(nameOf))];
		const lost = this.relayed ? ` ${t('page_call_relayed', this.relayed)}` : state.lost_percent ? ` ${t('page_call_unfit', { percent: state.lost_percent })}` : '';
		this.others.textContent = (others.length > 0 ? t('page_call_others', { who: others.join(', ') }) : '') + lost;
		this.drawChoices(isIn ? state.others ?? [] : []);
		stage.draw();
		this.page.drawn();
	}
}

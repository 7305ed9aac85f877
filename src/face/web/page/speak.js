// A guest's voice, where the page came by https: on only after a click here, and while it is on, a
// mark says so.
import { make, on, t } from './text.js';

const WANTED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const SIGN = '🎤';

export class Voice {
	/** `page`: `stage`, `act(what, peer, isLast)`, `says(words)`. */
	constructor(page) {
		this.page = page;
		this.track = null;
		/** Whether it is at its beginning; and which turn this is: ending is another one. */
		this.isPending = false;
		this.turn = 0;
		this.button = make('button');
		this.button.type = 'button';
		on(this.button, 'click', () => (this.track ? this.end() : this.begin()));
		this.air = make('p', 'air');
		this.air.role = 'status';
		on(window, 'pagehide', () => this.vanish());
		this.draw();
	}

	async begin() {
		if (this.isPending) return;
		this.isPending = true;
		const { turn, page } = this;
		let track = null;
		try {
			if (!navigator.mediaDevices) throw new Error(t('page_call_insecure'));
			const stream = await navigator.mediaDevices.getUserMedia({ audio: WANTED });
			[track] = stream.getTracks();
			if (turn !== this.turn) return track.stop();
			// From here on it is on, and a click ends it.
			this.track = track;
			on(track, 'ended', () => this.track === track && this.end());
			this.draw();
			await page.stage.open();
			await this.send();
			page.says('');
		} catch (error) {
			track?.stop();
			if (turn !== this.turn) return;
			this.stop();
			const isDenied = error.name === 'NotAllowedError';
			const isNone = error.name === 'NotFoundError' || error.name === 'NotReadableError';
			page.says(isDenied ? t('page_call_denied') : isNone ? t('page_call_no_device') : error.message);
		} finally {
			this.isPending = false;
		}
	}

	/** Says that it is on, and lets it out, unless it was switched off meanwhile. */
	async send() {
		const { stage, act } = this.page;
		if (this.track) await act({ begin: 'sound' }, stage.peer);
		await stage.senders.sound?.replaceTrack(this.track);
		if (!this.track && stage.peer !== null) await act({ end: 'sound' }, stage.peer);
	}

	/** The connection is there again. */
	async resume() {
		try {
			if (this.track) await this.send();
		} catch (error) {
			this.stop();
			this.page.says(error.message);
		}
	}

	async end() {
		const { stage, act } = this.page;
		const { peer, senders } = stage;
		this.stop();
		try {
			await senders.sound?.replaceTrack(null);
			if (peer !== null) await act({ end: 'sound' }, peer);
		} catch { /* what is lost has ended */ }
	}

	/** It is off, whatever the program knows of it. */
	stop() {
		this.turn += 1;
		this.track?.stop();
		this.track = null;
		this.draw();
	}

	/** The page goes: what it sent ends with it. */
	vanish() {
		const { peer } = this.page.stage;
		if (peer !== null) this.page.act({ leave: true }, peer, true).catch(() => {});
		this.stop();
	}

	draw() {
		const isOn = this.track !== null;
		this.button.ariaPressed = String(isOn);
		this.button.textContent = `${SIGN} ${t('page_call_speak')}`;
		this.air.hidden = !isOn;
		const words = isOn ? `● ${t('page_call_on_air')} ${SIGN} ${t('page_call_on_sound')}` : '';
		if (this.air.textContent !== words) this.air.textContent = words;
		document.title = isOn ? `● ${t('page_call_on_sound')}` : 'roda';
	}
}

// The connection to the program: the token, its proof, one stream for all tabs, requests.
import { on } from './text.js';

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;
// A heartbeat comes every 15 s.
const SILENCE_MAX_MS = 45_000;
const REQUEST_MAX_MS = 20_000;
const LINE_MAX_LETTERS = 4 << 20;

const bytes = (text) => new TextEncoder().encode(text);
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The token of the link, taken out of the address, or the one that this tab had before. */
export function takeToken(name) {
	const given = location.hash.slice(1);
	if (/^[0-9a-f]{32}$/.test(given)) sessionStorage.setItem(name, given);
	if (location.hash) history.replaceState(null, '', location.pathname);
	return sessionStorage.getItem(name);
}

/** The lines of a body, as objects. What is no object is left out. */
export async function* objects(body) {
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = '';
	for (;;) {
		const { done, value } = await reader.read();
		const lines = (rest + (value ?? '')).split('\n');
		rest = done ? '' : lines.pop();
		if (rest.length > LINE_MAX_LETTERS) throw new Error('a line without an end');
		const found = [];
		for (const line of lines) {
			try {
				const object = JSON.parse(line);
				if (object && typeof object === 'object') found.push(object);
			} catch { /* a cut line */ }
		}
		if (found.length > 0) yield found;
		if (done) return;
	}
}

/** All objects of a body. */
export async function all(response) {
	const found = [];
	if (response.body) for await (const some of objects(response.body)) found.push(...some);
	return found;
}

export class Wire {
	/** `hooks`: `told(events)`, `state(name, sentence)`, and `snapshot()` for tabs that come later. */
	constructor(token, hooks) {
		this.token = token;
		this.hooks = hooks;
		this.name = '';
		this.state = 'calling';
		this.isLeader = false;
		this.waiting = [];
		this.wake = () => {};
	}

	async start() {
		const digest = await crypto.subtle.digest('SHA-256', bytes(`tabs ${this.token}`));
		// Only a tab that knows the token finds the channel.
		this.name = `roda-${hex(digest).slice(0, 32)}`;
		this.me = crypto.randomUUID();
		this.channel = new BroadcastChannel(this.name);
		this.channel.onmessage = ({ data }) => this.hear(data);
		this.channel.postMessage({ hello: this.me });
		for (const event of ['online', 'focus']) on(window, event, () => this.wake());
		on(document, 'visibilitychange', () => document.hidden || this.wake());
		// The lock is held for as long as this tab leads; the next one gets it when this one closes.
		await navigator.locks.request(this.name, () => this.lead());
	}

	hear({ hello, to, told, state, sentence }) {
		if (hello && this.isLeader) {
			this.waiting.push(hello);
			if (this.state === 'open') this.welcome();
		}
		if (to && to !== this.me) return;
		if (this.isLeader) return;
		if (told) this.hooks.told(told);
		if (state) this.turn(state, sentence);
	}

	/** Gives the tabs that came since then what this one has. */
	welcome() {
		const told = this.hooks.snapshot();
		for (const to of this.waiting.splice(0)) this.channel.postMessage({ to, told, state: this.state });
	}

	turn(state, sentence) {
		this.state = state;
		this.hooks.state(state, sentence);
		if (!this.isLeader) return;
		this.channel.postMessage({ state, sentence });
		if (state === 'open') this.welcome();
	}

	async lead() {
		this.isLeader = true;
		this.state = 'calling';
		let wait = FIRST_WAIT_MS;
		for (;;) {
			let refused = null;
			try {
				await this.prove();
				refused = await this.stream(() => { wait = FIRST_WAIT_MS; });
			} catch (error) {
				refused = error.refused ?? null;
			}
			this.turn(refused?.status === 401 ? 'denied' : refused ? 'refused' : 'lost', refused?.sentence);
			if (refused?.status === 401) wait = LONGEST_WAIT_MS;
			await this.pause(wait * (0.75 + Math.random() / 2));
			wait = Math.min(wait * 2, LONGEST_WAIT_MS);
		}
	}

	/** Waits, or until the network or the person is back. */
	pause(ms) {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			this.wake = () => { clearTimeout(timer); resolve(); };
		});
	}

	/** Makes the server prove that it knows the token, before it is sent: another program may have the port. */
	async prove() {
		const nonce = hex(crypto.getRandomValues(new Uint8Array(32)));
		const answer = await fetch('/prove', {
			method: 'POST',
			body: JSON.stringify({ nonce }),
			signal: AbortSignal.timeout(REQUEST_MAX_MS),
			cache: 'no-store',
		});
		const { mac } = await answer.json();
		const key = await crypto.subtle.importKey('raw', bytes(this.token), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
		const expected = await crypto.subtle.sign('HMAC', key, bytes(`roda page ${location.port || 80} ${nonce}`));
		if (mac !== hex(expected)) throw Object.assign(new Error('unproven'), { refused: { status: 401 } });
	}

	async stream(opened) {
		const stop = new AbortController();
		let heard = Date.now();
		// A machine that slept, or a connection that died without a word, is noticed by the silence.
		const look = () => Date.now() - heard > SILENCE_MAX_MS && stop.abort();
		const timer = setInterval(look, SILENCE_MAX_MS / 3);
		this.wake = look;
		try {
			const response = await fetch('/events', { headers: this.headers(), signal: stop.signal, cache: 'no-store' });
			if (!response.ok) return { status: response.status, sentence: await response.text() };
			for await (const told of objects(response.body)) {
				heard = Date.now();
				this.channel.postMessage({ told });
				this.hooks.told(told);
				if (this.state !== 'open' && told.some(({ event }) => event === 'live')) {
					opened();
					this.turn('open');
				}
			}
			return null;
		} finally {
			clearInterval(timer);
			stop.abort();
		}
	}

	headers() {
		return { Authorization: `Bearer ${this.token}` };
	}

	async ask(path, options = {}) {
		// While nobody has proven to be the program, nothing is sent to it.
		if (this.state !== 'open') throw new Error('lost');
		const signal = AbortSignal.timeout(REQUEST_MAX_MS);
		const response = await fetch(path, { ...options, headers: this.headers(), signal, cache: 'no-store' });
		if (!response.ok) throw new Error(await response.text());
		return all(response);
	}

	/** A file that is here. */
	async read(id) {
		const response = await fetch(`/files/${id}`, { headers: this.headers(), cache: 'no-store' });
		if (!response.ok) throw new Error(await response.text());
		return response.blob();
	}

	/** Hands over an object of input, and returns the events that answer it. */
	say(object) {
		return this.ask('/say', { method: 'POST', body: JSON.stringify(object) });
	}

	/** Messages of the archive; `values` are the query's. */
	history(values) {
		return this.ask(`/history?${new URLSearchParams(values)}`);
	}
}

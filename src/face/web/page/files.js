// Files: a row for each that is offered, its picture, and what is dropped, pasted or chosen here.
import { at, clean, make, nameOf, on, sizeOf, t } from './text.js';

// Longer pictures are downloaded like any file.
const PICTURE_MAX_BYTES = 20_000_000;
const PICTURES_MAX = 12;
const NAMES_MAX = 3;

// The waves of src/protocol/wire/preview.rs: along a side of so many pixels, of Y, Cb and Cr.
const SIDE_MAX = 20;
const TERMS = [14, 7, 7];

const pictures = new Map();
// What can be done with a file: `get`, `stop`, `unshare`, `save`, `read` its bytes, and `grown`.
let acts = {};

export function useActs(all) {
	acts = all;
}

/** The address of a picture that is here, which is read once. */
function addressOf({ id }) {
	if (!pictures.has(id)) {
		pictures.set(id, acts.read(id).then((blob) => {
			// What a name says proves nothing: the server has looked at the first bytes.
			if (!/^image\/(png|jpeg|gif|webp)$/.test(blob.type)) throw new Error('no picture');
			return URL.createObjectURL(blob);
		}));
		const [[oldest, address]] = pictures;
		if (pictures.size > PICTURES_MAX) {
			pictures.delete(oldest);
			address.then(URL.revokeObjectURL, () => {});
		}
	}
	return pictures.get(id);
}

function picture(file) {
	const made = make('img', '');
	made.alt = t('page_picture_of', { name: clean(file.name) });
	made.hidden = true;
	on(made, 'load', () => acts.grown());
	addressOf(file).then((address) => {
		made.src = address;
		made.hidden = false;
	}, () => pictures.delete(file.id));
	return made;
}

/** The waves of a small picture, the mean first. */
function wavesOf(width, height, terms) {
	const [across, down] = [width, height].map((side) => Math.ceil((side * terms) / SIDE_MAX));
	const waves = [];
	for (let y = 0; y < down; y += 1) {
		for (let x = 0; x * down + y * across < across * down; x += 1) waves.push([x, y]);
	}
	return waves;
}

/** The colours of a small picture; nothing if it is none. */
export function pixelsOf(digits) {
	const bytes = (digits?.match(/[0-9a-f]{2}/g) ?? []).map((byte) => parseInt(byte, 16));
	const [width, height] = bytes;
	if (!(width > 0 && height > 0 && width <= SIDE_MAX && height <= SIDE_MAX)) return null;
	const steps = bytes.slice(8).flatMap((byte) => [byte >> 4, byte & 15]);
	const planes = TERMS.map((terms, plane) => {
		const strengths = wavesOf(width, height, terms).map(([x, y], at) => {
			const step = at === 0 ? 0 : (steps.shift() ?? 8) - 8;
			return [x, y, at === 0 ? bytes[2 + plane] : bytes[5 + plane] * Math.sign(step) * (step / 7) ** 2];
		});
		return (column, row) => strengths.reduce((sum, [x, y, strength]) => (
			sum + strength * Math.cos((Math.PI * x * (column + 0.5)) / width) * Math.cos((Math.PI * y * (row + 0.5)) / height)
		), 0);
	});
	const data = new Uint8ClampedArray(4 * width * height);
	for (let at = 0; at < width * height; at += 1) {
		const [light, blue, red] = planes.map((plane) => plane(at % width, Math.floor(at / width)));
		const [b, r] = [blue - 128, red - 128];
		data.set([light + 1.402 * r, light - 0.344136 * b - 0.714136 * r, light + 1.772 * b, 255], 4 * at);
	}
	return new ImageData(data, width, height);
}

/** What a picture shows that is not here, as its author has made it small. */
function preview(file) {
	const pixels = pixelsOf(file.preview);
	if (!pixels) return '';
	const made = make('canvas', 'preview');
	[made.width, made.height] = [pixels.width, pixels.height];
	made.role = 'img';
	made.ariaLabel = t('page_picture_of', { name: clean(file.name) });
	made.getContext('2d').putImageData(pixels, 0, 0);
	return made;
}

const percentOf = (done, { size_bytes: size }) => (size > 0 ? Math.floor((100 * done) / size) : 100);

function minutes(seconds) {
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** How far this program is with it, and how far the others are. */
function wordsOf(file) {
	const { state, takers = [] } = file;
	const values = {
		percent: percentOf(file.done_bytes ?? 0, file),
		rate: sizeOf(file.bytes_per_s ?? 0),
		left: minutes(file.seconds_left ?? 0),
	};
	if (state === 'taking') return t('seconds_left' in file ? 'page_file_left' : 'page_file_taking', values);
	if (state === 'waiting') return t('page_file_waiting', values);
	if (state === 'offered' && !acts.get) return t('guest_file_away');
	const waiting = takers.filter((who) => !who.has_it);
	const who = waiting.slice(0, NAMES_MAX).map((one) => `${nameOf(one)} (${percentOf(one.done_bytes, file)} %)`).join(', ');
	const counts = { has: takers.length - waiting.length, of: takers.length, who, more: waiting.length - NAMES_MAX };
	if (takers.length > 0) {
		return t(counts.more > 0 ? 'page_file_waits_for_more' : who ? 'page_file_waits' : 'page_file_have', counts);
	}
	return file.saved_as ?? '';
}

function offersOf({ state, own, kind }) {
	const all = {
		offered: own ? [] : [['get', 'page_get']],
		taking: [['stop', 'page_stop']],
		waiting: [['stop', 'page_stop']],
		here: [...(kind === 'folder' ? [] : [['save', 'page_save']]), ...(own ? [['unshare', 'page_unshare']] : [])],
	};
	return (all[state] ?? []).filter(([act]) => acts[act]);
}

/** Changes only the words of a row, so that a click meets its button; whether that is all. */
export function refreshFile(row, file) {
	if (row.state !== file.state) return false;
	const [bar, words] = row.words;
	bar.hidden = !(file.done_bytes >= 0);
	bar.value = bar.hidden ? 0 : percentOf(file.done_bytes, file);
	words.textContent = wordsOf(file);
	return true;
}

/** What a row shows of a file. */
export function fillFile(row, file) {
	const name = clean(file.name);
	const line = make('p', 'offer', make('bdi', 'name', name), ` ${sizeOf(file.size_bytes)} `);
	for (const [act, words] of offersOf(file)) {
		const button = make('button', '', t(words));
		button.ariaLabel = `${t(words)}: ${name}`;
		on(button, 'click', () => acts[act](file));
		line.append(button, ' ');
	}
	const bar = make('progress', '');
	bar.max = 100;
	bar.ariaLabel = name;
	const words = make('bdi', 'note');
	const far = make('p', '', bar, ' ', words);
	// What changes twice a second is not read out.
	far.ariaLive = 'off';
	row.append(line, far);
	row.state = file.state;
	row.words = [bar, words];
	refreshFile(row, file);
	if (file.kind !== 'picture') return;
	row.append(file.state === 'here' && file.size_bytes <= PICTURE_MAX_BYTES ? picture(file) : preview(file));
}

/** Saves a file: the browser asks for it by a ticket, and shows how far it is. */
export function download(path, { id, name }, ticket) {
	const link = make('a', '');
	link.href = `${path}${id}?ticket=${ticket}`;
	link.download = name;
	link.click();
}

/** Puts one file there; `stop.act` ends it before. */
function put(address, file, token, stop) {
	const [words, bar] = at('sending').children;
	const request = new XMLHttpRequest();
	stop.act = () => request.abort();
	words.textContent = t('page_sending', { name: clean(file.name) });
	bar.value = 0;
	return new Promise((resolve, reject) => {
		request.open('PUT', address);
		request.setRequestHeader('Authorization', `Bearer ${token}`);
		on(request.upload, 'progress', ({ loaded, total }) => { bar.value = loaded / total; });
		on(request, 'load', () => (request.status < 300 ? resolve(request.responseText) : reject(new Error(request.responseText))));
		// Nothing can be read of a folder.
		on(request, 'error', () => reject(new Error(t(file.type || file.size % 4096 ? 'page_lost' : 'page_no_folder'))));
		on(request, 'abort', () => resolve(''));
		request.send(file);
	});
}

/** Offers files one after the other; gives the lines that answer each, and what fails. */
async function putAll(files, { path, room, token, answered, failed }) {
	const stop = {};
	at('sending').hidden = false;
	at('sending').lastElementChild.onclick = () => stop.act();
	for (const file of files) {
		try {
			const query = new URLSearchParams({ name: file.name, ...(room ? { room } : {}) });
			const lines = (await put(`${path}?${query}`, file, token, stop)).split('\n');
			answered(lines.filter(Boolean).map((line) => JSON.parse(line)));
		} catch (error) {
			failed(t('page_not_sent', { name: clean(file.name), why: error.message.trim() }));
		}
	}
	at('sending').hidden = true;
}

/** A picture of the clipboard has the same name each time. */
function pasted(file) {
	const now = new Date();
	const time = new Date(now - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replaceAll(':', '-');
	return file.name === 'image.png' ? new File([file], `${t('page_pasted')} ${time}.png`, { type: file.type }) : file;
}

/** Takes what is dropped, pasted or chosen. `place()` says where it goes, or nothing. */
export function takeFiles(place) {
	let last = Promise.resolve();
	const offer = (files) => {
		const where = files.length > 0 && place();
		// One after the other, also of several drops.
		if (where) last = last.then(() => putAll(files, where));
	};
	const isOfFiles = ({ dataTransfer }) => dataTransfer.types.includes('Files');
	const mark = (is) => document.body.classList.toggle('dropping', is);
	on(document, 'dragover', (event) => {
		if (!isOfFiles(event)) return;
		event.preventDefault();
		mark(true);
	});
	on(document, 'dragleave', ({ relatedTarget }) => relatedTarget || mark(false));
	on(document, 'drop', (event) => {
		if (!isOfFiles(event)) return;
		event.preventDefault();
		mark(false);
		offer([...event.dataTransfer.files]);
	});
	on(document, 'paste', (event) => {
		const { files, types } = event.clipboardData;
		// A text may come with a picture of itself.
		if (files.length === 0 || types.includes('text/plain')) return;
		event.preventDefault();
		offer([...files].map(pasted));
	});
	on(at('attach'), 'click', () => at('chosen').click());
	on(at('chosen'), 'change', ({ currentTarget: it }) => {
		offer([...it.files]);
		it.value = '';
	});
}

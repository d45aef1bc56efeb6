'use strict';
// What all parts of the page share: data, texts, files, small helpers.

const read = (id) => { const node = document.getElementById(id); return node ? JSON.parse(node.textContent) : null; };
const data = read('data');
const texts = read('texts');
/** Whether the page's files are in it. */
const isSingle = 'single' in document.documentElement.dataset;
/** The page's files as `data:` addresses by their names, once they are read. */
let inlined = {};
const $ = (id) => document.getElementById(id);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;

/** The text of a key, with {name} replaced. */
const text = (key, values = {}) =>
  (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

/** The address of a file of the page. Media in the page itself become blobs, which browsers can seek. */
const blobs = new Map();
function asset(name) {
  if (!isSingle) return name.split('/').map(encodeURIComponent).join('/');
  const address = inlined[name];
  if (!address || address.startsWith('data:image')) return address ?? '';
  if (!blobs.has(name)) {
    const [head, body] = address.split(',', 2);
    const letters = atob(body);
    const bytes = new Uint8Array(letters.length);
    for (let place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
    blobs.set(name, URL.createObjectURL(new Blob([bytes], { type: head.slice(5).split(';')[0] })));
  }
  return blobs.get(name);
}

/** An element with attributes, listeners (`onclick` …) and children; texts are never parsed. */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Texts beside each other, none of which changes the direction of another. */
const apart = (list) => list.flatMap((item, number) => [number ? ' · ' : null, make('bdi', {}, item)]).filter(Boolean);

const announce = (message) => { $('status').textContent = message; };

/** `1:02.50` of seconds. */
function clock(seconds) {
  const hundredths = Math.round(Math.max(0, seconds) * 100);
  const pad = (value) => String(value).padStart(2, '0');
  return `${Math.floor(hundredths / 6000)}:${pad(Math.floor(hundredths / 100) % 60)}.${pad(hundredths % 100)}`;
}

// The master's frames. A time in the middle of a frame is inside it for every player.
const master = data.master;
const rate = (() => {
  if (!master) return 24;
  const [over, under] = master.frame_rate.split('/').map(Number);
  return over && under ? over / under : master.frames / master.duration;
})();
const times = data.series?.times ?? null;
const frameCount = master?.frames ?? 0;
const startOf = (frame) => (times ? times[Math.min(frame, frameCount - 1)] : frame / rate);
const middleOf = (frame) => {
  const end = frame + 1 < frameCount ? startOf(frame + 1) : master.duration;
  return (startOf(frame) + Math.max(end, startOf(frame) + 0.001)) / 2;
};
function frameAt(seconds) {
  if (!times) return Math.max(0, Math.min(frameCount - 1, Math.floor(seconds * rate + 0.001)));
  let low = 0;
  for (let high = frameCount - 1; low < high;) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= seconds + 1e-6) low = middle; else high = middle - 1;
  }
  return low;
}
const shotAt = (frame) =>
  data.shots.findIndex((shot) => shot.first_frame != null && frame >= shot.first_frame && frame < shot.first_frame + shot.frames);

/** Exact stills by frame. */
const stills = new Map(data.joins.flatMap((join) => join.stills.map((still) => [still.frame, still.file])));

// State in the address, so that a link opens the same view.
const addressed = () => new Map(new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : ''));
const state = addressed();
/** Milliseconds between two changes of the address: browsers refuse more than some in a second. */
const addressInterval = 350;
const address = { written: -Infinity, timer: null };
function remember(name, value) {
  if (value == null || value === '') state.delete(name); else state.set(name, String(value));
  address.timer ??= setTimeout(writeAddress, Math.max(0, address.written + addressInterval - performance.now()));
}
function writeAddress() {
  address.timer = null;
  address.written = performance.now();
  const hash = new URLSearchParams([...state]).toString();
  try { history.replaceState(null, '', hash ? `#${hash}` : location.pathname + location.search); } catch { /* not everywhere for files */ }
}

// What stays in the browser: decisions by master, the reviewer's name, the theme.
const storage = {
  get(key) { try { return JSON.parse(localStorage.getItem(`longtake.${key}`)); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`longtake.${key}`, JSON.stringify(value)); } catch { /* private windows */ } },
};

// Decisions and notes: kept in the browser by master, exported as files.

const judged = `decisions.${master?.sha256 ?? data.title}`;
const decisions = Object.assign({ shots: {}, notes: [] }, storage.get(judged));
const reviewer = () => $('reviewer').value.trim() || text('decisions.anonymous');
const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

function keep() {
  storage.set(judged, decisions);
  drawDecisions();
}

function decide(shot, decision) {
  const entry = decisions.shots[shot] ?? { decision: null, pick: null };
  entry.decision = entry.decision === decision ? null : decision;
  entry.at = now();
  decisions.shots[shot] = entry;
  announce(`${shot}: ${entry.decision ? text(`decisions.${entry.decision}`) : '–'}`);
  keep();
}

function pick(shot, take) {
  const entry = decisions.shots[shot] ?? { decision: null, pick: null };
  entry.pick = entry.pick === take ? null : take;
  entry.at = now();
  decisions.shots[shot] = entry;
  keep();
}

function drawDecisions() {
  const entries = Object.values(decisions.shots);
  for (const card of all('.shot')) {
    const own = decisions.shots[card.dataset.shot] ?? {};
    for (const button of all('[data-decision]', card)) button.setAttribute('aria-pressed', own.decision === button.dataset.decision);
    for (const take of all('.take', card)) {
      take.classList.toggle('picked', own.pick === Number(take.dataset.take));
      take.querySelector('[data-pick]')?.setAttribute('aria-pressed', own.pick === Number(take.dataset.take));
    }
    const others = (data.decisions?.shots ?? []).filter((entry) => entry.shot === card.dataset.shot && entry.decision);
    card.querySelector('[data-decided]').replaceChildren(...apart(others.map((entry) => `${text(`decisions.${entry.decision}`)} ${text('decisions.by', entry)}`)));
  }
  for (const mark of all('#lane-shots span')) mark.dataset.decision = decisions.shots[mark.dataset.shot]?.decision ?? '';
  $('tally').textContent = text('decisions.count', {
    approved: entries.filter((entry) => entry.decision === 'approve').length,
    rejected: entries.filter((entry) => entry.decision === 'reject').length, notes: decisions.notes.length,
  });
  drawNotes();
}

// Notes

const draft = { note: null, strokes: [], isDrawing: false };

function drawNotes() {
  const own = decisions.notes.map((note) => ({ ...note, isOwn: true }));
  const notes = [...own, ...(data.decisions?.notes ?? [])].sort((a, b) => (a.frame ?? -1) - (b.frame ?? -1));
  $('no-notes').hidden = notes.length > 0;
  $('note-list').replaceChildren(...notes.map((note) => {
    const place = note.frame == null ? '' : `${clock(startOf(note.frame))} #${note.frame}${note.end_frame != null ? `–${note.end_frame}` : ''}`;
    return make('li', {},
      note.frame == null || !video ? make('strong', {}, place) : make('button', { type: 'button', class: 'link', onclick: () => showNote(note) }, place),
      make('span', { class: 'muted' }, ...apart([note.shot, note.isOwn ? reviewer() : note.reviewer].filter(Boolean))),
      make('p', {}, note.text),
      note.isOwn ? make('button', { type: 'button', class: 'link', 'data-needs-script': true, 'aria-label': `${text('notes.delete')}: ${note.text.slice(0, 40)}`, onclick: () => { decisions.notes = decisions.notes.filter((other) => other.id !== note.id); keep(); } }, text('notes.delete')) : null);
  }));
  all('#lane-marks .note').forEach((mark) => mark.remove());
  for (const note of notes.filter((entry) => entry.frame != null && video)) {
    const mark = make('b', { class: 'note', title: note.text });
    mark.style.left = `${100 * note.frame / frameCount}%`;
    $('lane-marks').append(mark);
  }
}

function showNote(note) {
  $('player').scrollIntoView({ block: 'start' });
  player.go(note.frame);
  drawStrokes(note.drawing ?? []);
}

function drawStrokes(strokes) {
  const canvas = $('drawing');
  if (!canvas) return;
  canvas.hidden = strokes.length === 0 && !draft.isDrawing;
  if (canvas.hidden) return;
  place(canvas);
  canvas.width = canvas.clientWidth * devicePixelRatio;
  canvas.height = canvas.clientHeight * devicePixelRatio;
  const pen = canvas.getContext('2d');
  for (const [width, color] of [[6, 'rgb(0 0 0 / 0.5)'], [3, '#ffd23f']]) {
    pen.lineWidth = width * devicePixelRatio;
    pen.lineCap = pen.lineJoin = 'round';
    pen.strokeStyle = color;
    for (const stroke of strokes) {
      pen.beginPath();
      stroke.forEach(([x, y], number) => pen[number ? 'lineTo' : 'moveTo'](x * canvas.width, y * canvas.height));
      pen.stroke();
    }
  }
}

/** Opens the form for a note on the current frame, or on a shot as a whole. */
function openNote(shot = null) {
  player.pause();
  const frame = shot || !video ? null : player.frame;
  draft.note = { frame, shot: shot ?? data.shots[shotAt(player.frame)]?.id ?? null, opener: document.activeElement };
  draft.strokes = [];
  setDrawing(false);
  $('note-title').textContent = frame == null ? `${text('shots.note')}: ${shot}` : text('notes.new', { frame });
  $('note-text').value = '';
  $('note-end').value = '';
  $('note-end').closest('label').hidden = frame == null;
  $('note-draw').parentElement.hidden = frame == null;
  $('note-form').hidden = false;
  $('note-text').focus();
}

function closeNote() {
  $('note-form').hidden = true;
  setDrawing(false);
  drawStrokes([]);
  draft.note?.opener?.focus?.();
  draft.note = null;
}

function setDrawing(isDrawing) {
  draft.isDrawing = isDrawing;
  $('note-draw').setAttribute('aria-pressed', isDrawing);
  $('drawing')?.classList.toggle('active', isDrawing);
  if (isDrawing) $('stage').scrollIntoView({ block: 'nearest', behavior: 'instant' });
  if ($('drawing')) drawStrokes(draft.strokes);
}

function saveNote() {
  const { frame, shot } = draft.note;
  const end = $('note-end').value === '' ? null : Math.min(frameCount - 1, Math.round(Number($('note-end').value)));
  decisions.notes.push({
    id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, shot, frame, end_frame: end != null && end > frame ? end : null,
    text: $('note-text').value.trim(), drawing: draft.strokes, at: now(),
  });
  keep();
  closeNote();
}

function startNotes() {
  $('note-fields').addEventListener('submit', (event) => { event.preventDefault(); if ($('note-text').value.trim()) saveNote(); });
  $('note-cancel').addEventListener('click', closeNote);
  $('note-draw').addEventListener('click', () => setDrawing(!draft.isDrawing));
  $('note-undo').addEventListener('click', () => { draft.strokes.pop(); drawStrokes(draft.strokes); });
  $('note')?.addEventListener('click', () => openNote());
  for (const button of all('[data-note-shot]')) button.addEventListener('click', () => openNote(button.dataset.noteShot));
  const canvas = $('drawing');
  if (!canvas) return;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((part) => Math.round(Math.max(0, Math.min(1, part)) * 1e4) / 1e4);
  };
  let stroke = null;
  canvas.addEventListener('pointerdown', (event) => { canvas.setPointerCapture(event.pointerId); stroke = [point(event)]; draft.strokes.push(stroke); drawStrokes(draft.strokes); });
  canvas.addEventListener('pointermove', (event) => { if (stroke) { stroke.push(point(event)); drawStrokes(draft.strokes); } });
  for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, () => { stroke = null; });
}

// Export

function exported() {
  const by = reviewer();
  return {
    schema: 'longtake.decisions/1', title: data.title,
    master: master ? { file: master.file, sha256: master.sha256 } : null,
    reviewers: [by], written: now(),
    shots: Object.entries(decisions.shots).filter(([, entry]) => entry.decision || entry.pick != null)
      .map(([shot, entry]) => ({ shot, reviewer: by, decision: entry.decision, pick: entry.pick, at: entry.at })),
    notes: decisions.notes.map((note) => ({ ...note, reviewer: by })), conflicts: [],
  };
}

/** `HH:MM:SS:FF` of a frame after a start timecode; `;` before the frames drops numbers (SMPTE ST 12-1), as at 30000/1001. */
function timecodeAfter(start, frame, nominal) {
  const isDrop = start.includes(';');
  const dropped = isDrop ? nominal / 15 : 0;
  const parts = start.split(/[:;]/).map(Number);
  let total = frame;
  if (parts.length === 4 && parts.every(Number.isInteger)) {
    const minutes = parts[0] * 60 + parts[1];
    total += (minutes * 60 + parts[2]) * nominal + parts[3] - dropped * (minutes - Math.floor(minutes / 10));
  }
  if (isDrop) {
    const perMinute = nominal * 60 - dropped;
    const perTen = perMinute * 10 + dropped;
    const [tens, rest] = [Math.floor(total / perTen), total % perTen];
    total += dropped * 9 * tens + (rest >= nominal * 60 ? dropped * (Math.floor((rest - nominal * 60) / perMinute) + 1) : 0);
  }
  const pad = (value) => String(value).padStart(2, '0');
  const seconds = Math.floor(total / nominal);
  return [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(pad).join(':') + (isDrop ? ';' : ':') + pad(total % nominal);
}
const nominal = Math.max(1, Math.ceil(rate - 1e-6));
const startTimecode = master?.start_timecode ?? '';
/** Counted from the master's start timecode. */
const timecode = (frame) => timecodeAfter(startTimecode, frame, nominal);
const placed = (notes) => notes.filter((note) => note.frame != null).sort((a, b) => a.frame - b.frame);

const exporters = {
  json: () => ['decisions.json', 'application/json', `${JSON.stringify(exported(), null, 2)}\n`],

  csv() {
    // A cell that starts like a formula would be run by spreadsheets.
    const cell = (value) => { const shown = String(value ?? ''); return `"${(/^[=+\-@\t\r]/.test(shown) ? `'${shown}` : shown).replaceAll('"', '""')}"`; };
    const rows = exported().notes.map((note) => [note.frame == null ? '' : timecode(note.frame), note.frame, note.end_frame, note.shot, note.reviewer, note.text, note.at]);
    return ['notes.csv', 'text/csv', [['timecode', 'frame', 'end_frame', 'shot', 'reviewer', 'text', 'at'], ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'];
  },

  /** CMX 3600 with a locator comment for each note, as editing programs import markers. */
  edl() {
    const line = (value) => String(value).replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').replaceAll('|', '/');
    const events = placed(exported().notes).map((note, number) => {
      const [from, to] = [timecode(note.frame), timecode((note.end_frame ?? note.frame) + 1)];
      const length = (note.end_frame ?? note.frame) + 1 - note.frame;
      return `${String(number + 1).padStart(3, '0')}  001      V     C        ${from} ${to} ${from} ${to}\n`
        + `* LOC: ${from} YELLOW  ${line(note.text).slice(0, 200)}\n${line(note.text)} |C:ResolveColorYellow |M:${line(note.reviewer)} |D:${length}\n`;
    });
    return ['notes.edl', 'text/plain', `TITLE: ${line(data.title)}\nFCM: ${startTimecode.includes(';') ? '' : 'NON-'}DROP FRAME\n\n${events.join('\n')}`];
  },

  otio() {
    const time = (value) => ({ OTIO_SCHEMA: 'RationalTime.1', rate, value });
    const range = (from, length) => ({ OTIO_SCHEMA: 'TimeRange.1', start_time: time(from), duration: time(length) });
    const markers = placed(exported().notes).map((note) => ({
      OTIO_SCHEMA: 'Marker.2', name: note.text, color: 'YELLOW', comment: note.text, marked_range: range(note.frame, (note.end_frame ?? note.frame) + 1 - note.frame),
      metadata: { longtake: { reviewer: note.reviewer, shot: note.shot, at: note.at } },
    }));
    const clip = {
      OTIO_SCHEMA: 'Clip.2', name: master?.file ?? data.title, source_range: range(0, frameCount), enabled: true, effects: [], markers,
      metadata: {}, active_media_reference_key: 'DEFAULT_MEDIA',
      media_references: { DEFAULT_MEDIA: { OTIO_SCHEMA: 'ExternalReference.1', name: '', target_url: master?.file ?? '', available_range: range(0, frameCount), available_image_bounds: null, metadata: {} } },
    };
    const track = { OTIO_SCHEMA: 'Track.1', name: 'V1', kind: 'Video', children: [clip], source_range: null, enabled: true, effects: [], markers: [], metadata: {} };
    const stack = { OTIO_SCHEMA: 'Stack.1', name: 'tracks', children: [track], source_range: null, enabled: true, effects: [], markers: [], metadata: {} };
    return ['notes.otio', 'application/json', `${JSON.stringify({ OTIO_SCHEMA: 'Timeline.1', name: data.title, global_start_time: null, tracks: stack, metadata: { longtake: { master_sha256: master?.sha256 ?? null } } }, null, 2)}\n`];
  },
};

function startDecisions() {
  $('reviewer').value = storage.get('reviewer') ?? '';
  $('reviewer').addEventListener('input', () => { storage.set('reviewer', $('reviewer').value); drawNotes(); });
  for (const card of all('.shot')) {
    for (const button of all('[data-decision]', card)) button.addEventListener('click', () => decide(card.dataset.shot, button.dataset.decision));
    for (const button of all('[data-pick]', card)) button.addEventListener('click', () => pick(card.dataset.shot, Number(button.dataset.pick)));
  }
  for (const button of all('[data-export]')) {
    button.addEventListener('click', () => {
      const [name, type, content] = exporters[button.dataset.export]();
      const link = make('a', { href: URL.createObjectURL(new Blob([content], { type })), download: name });
      document.body.append(link);
      link.click();
      link.remove();
      $('export').open = false;
    });
  }
  startNotes();
  drawDecisions();
}

// The inspector of a join: the frames around it, with longtake and without.

const views = ['loop', 'blink', 'wipe', 'onion', 'difference', 'crop'];
const inspectSpeeds = [['0.25', '¼'], ['0.5', '½'], ['1', '1']];
const inspector = { join: null, node: null, loaded: [], timer: null, mode: 'loop', speed: 1, isRunning: false };

/** Speeds of the loop; a blink stays below three changes a second, which is safe to look at. */
const blinkInterval = 500;

function openInspector(index, mode) {
  const join = data.joins.find((entry) => entry.index === index);
  const row = $(`join-${index}`);
  const isOpen = inspector.join === join;
  closeInspector();
  if (!join || isOpen) return;
  inspector.join = join;
  inspector.mode = mode ?? 'loop';
  inspector.node = drawInspector(join);
  // Decoded before the loop comes to them, so that it never shows an empty frame.
  inspector.loaded = panesOf(join).flatMap((pane) => pane.stills).map((name) => Object.assign(new Image(), { src: asset(name) }));
  row.append(inspector.node);
  row.querySelector('[data-inspect]').setAttribute('aria-expanded', 'true');
  remember('join', index);
  remember('pace', inspector.speed === 1 ? null : inspector.speed);
  setMode(inspector.mode);
}

function closeInspector() {
  stopInspector();
  if (!inspector.node) return;
  inspector.node.closest('.join').querySelector('[data-inspect]').setAttribute('aria-expanded', 'false');
  inspector.node.remove();
  Object.assign(inspector, { join: null, node: null, loaded: [] });
  for (const name of ['join', 'view', 'pace']) remember(name, null);
}

/** The two panes: the master's frames, and those of the files appended as they are. */
function panesOf(join) {
  const at = join.stills.findIndex((still) => still.frame >= join.frame);
  const panes = [{ name: text('inspect.with'), note: '', stills: join.stills.map((still) => still.file), at, audio: join.audio, click: join.plain?.master_click }];
  if (join.plain) {
    const count = join.plain.repeated;
    const note = count === 0 ? text('inspect.norepeat') : text(count === 1 ? 'inspect.repeated' : 'inspect.repeateds', { n: count });
    panes.push({ name: text('inspect.without'), note, stills: join.plain.stills, at: join.plain.at, audio: join.plain.audio, click: join.plain.click, hint: join.plain.note });
  }
  return panes;
}

/** A portrait frame is kept within the window's height, in whole pixels. */
function fitted(node) {
  node.style.maxWidth = `${Math.floor(0.75 * innerHeight * master.width / master.height)}px`;
  return node;
}

function drawInspector(join) {
  const radios = make('fieldset', { class: 'radios' }, make('legend', { class: 'hidden' }, text('inspect.mode')),
    ...views.map((mode) => make('label', {}, make('input', { type: 'radio', name: 'inspect-mode', value: mode, onchange: () => setMode(mode) }), make('span', {}, text(`inspect.${mode}`)))));
  const speed = make('label', { class: 'field', 'data-for': 'loop' }, make('span', {}, text('inspect.speed')),
    make('select', { onchange: (event) => setInspectorSpeed(event.target.value) },
      ...inspectSpeeds.map(([value, name]) => make('option', { value, selected: Number(value) === inspector.speed }, name))));
  const amount = make('label', { class: 'field', 'data-for': 'wipe onion difference' }, make('span', {}, ''),
    make('input', { type: 'range', min: 0, max: 100, value: 50, oninput: showAmount }));
  const run = make('button', { type: 'button', class: 'button', 'data-run': true, 'data-for': 'loop blink', onclick: () => (inspector.isRunning ? stopInspector() : runInspector()) }, text('inspect.run'));
  const panes = panesOf(join).map((pane, number) => make('div', { class: 'pane', 'data-pane': number },
    make('h4', {}, pane.name, make('span', { class: 'muted' }, pane.note)),
    fitted(make('div', { class: 'stack' }, ...['before', 'after'].map((side) => make('img', { width: master.width, height: master.height, alt: text(`inspect.${side}`) })))),
    make('div', { class: 'crops', hidden: true }),
    make('p', { class: 'muted small' },
      pane.audio?.file ? make('button', { type: 'button', class: 'link', onclick: () => listen(pane.audio.file) }, text('inspect.listen')) : null,
      pane.click != null ? ` ${text('inspect.click', { value: pane.click.toFixed(3) })}` : '',
      pane.hint ? ` · ${pane.hint}` : '')));
  if (!join.plain) panes.push(make('p', { class: 'muted' }, text('inspect.noplain')));
  return make('div', { class: 'inspector', role: 'group', 'aria-label': text('inspect.title', join) },
    make('div', { class: 'bar' }, radios, run, speed, amount), make('div', { class: 'panes' }, ...panes));
}

function eachPane(act) {
  panesOf(inspector.join).forEach((pane, number) => {
    const node = inspector.node.querySelector(`[data-pane="${number}"]`);
    act(pane, node, ...all('.stack img', node));
  });
}

function setMode(mode) {
  const wasRunning = inspector.isRunning;
  stopInspector();
  inspector.mode = mode;
  remember('view', mode);
  const node = inspector.node;
  node.dataset.mode = mode;
  node.querySelector(`input[value="${mode}"]`).checked = true;
  for (const control of all('[data-for]', node)) control.hidden = !control.dataset.for.split(' ').includes(mode);
  const amount = node.querySelector('input[type="range"]');
  const [key, range] = { wipe: ['amount', [0, 100, 50]], onion: ['opacity', [0, 100, 50]], difference: ['gain', [1, 32, 8]] }[mode] ?? ['amount', [0, 100, 50]];
  amount.previousElementSibling.textContent = text(`inspect.${key}`);
  [amount.min, amount.max, amount.value] = range;
  eachPane((pane, element, before, after) => {
    element.querySelector('.stack').className = `stack ${mode}`;
    element.querySelector('.stack').hidden = mode === 'crop';
    element.querySelector('.crops').hidden = mode !== 'crop';
    before.src = asset(pane.stills[Math.max(0, pane.at - 1)]);
    after.src = asset(pane.stills[Math.min(pane.stills.length - 1, pane.at)]);
    after.hidden = mode === 'loop';
    for (const property of ['opacity', 'clipPath', 'visibility']) after.style[property] = '';
    element.querySelector('.stack').style.filter = '';
    if (mode === 'crop') drawCrops(element.querySelector('.crops'), element.dataset.pane === '0');
  });
  showAmount();
  if ((mode === 'loop' || mode === 'blink') && (wasRunning || !calm)) runInspector();
}

/** One pixel of the master is one pixel of the screen. */
function drawCrops(node, isMaster) {
  const crop = inspector.join.crop;
  if (!crop || !isMaster) return node.replaceChildren(make('p', { class: 'muted' }, text('inspect.nocrop')));
  node.replaceChildren(...['before', 'after'].map((side) => {
    const image = make('img', { src: asset(crop[side]), alt: `${text(`inspect.${side}`)}: ${text('inspect.place', crop)}` });
    image.style.width = `${crop.size / devicePixelRatio}px`;
    return make('figure', {}, make('div', { class: 'window', tabindex: '0', role: 'group', 'aria-label': text(`inspect.${side}`) }, image), make('figcaption', {}, `${text(`inspect.${side}`)} · ${text('inspect.place', crop)}`));
  }));
  for (const view of all('.window', node)) {
    view.scrollLeft = (view.scrollWidth - view.clientWidth) / 2;
    view.scrollTop = (view.scrollHeight - view.clientHeight) / 2;
  }
}

function setInspectorSpeed(speed) {
  inspector.speed = Number(speed);
  remember('pace', speed === '1' ? null : speed);
  if (inspector.isRunning) runInspector();
}

function showAmount() {
  const value = Number(inspector.node.querySelector('input[type="range"]').value);
  eachPane((pane, element, before, after) => {
    if (inspector.mode === 'wipe') after.style.clipPath = `inset(0 0 0 ${value}%)`;
    if (inspector.mode === 'onion') after.style.opacity = value / 100;
    if (inspector.mode === 'difference') element.querySelector('.stack').style.filter = `brightness(${value})`;
  });
}

function runInspector() {
  stopInspector();
  inspector.isRunning = true;
  inspector.node.querySelector('[data-run]').textContent = text('inspect.stop');
  let tick = 0;
  const advance = () => {
    eachPane((pane, element, before, after) => {
      if (inspector.mode === 'loop') before.src = asset(pane.stills[tick % pane.stills.length]);
      else after.style.visibility = tick % 2 ? 'hidden' : 'visible';
    });
    tick += 1;
  };
  advance();
  inspector.timer = setInterval(advance, inspector.mode === 'loop' ? 1000 / rate / inspector.speed : blinkInterval);
}

function stopInspector() {
  clearInterval(inspector.timer);
  inspector.isRunning = false;
  const run = inspector.node?.querySelector('[data-run]');
  if (run) run.textContent = text('inspect.run');
}

let listening = null;
function listen(file) {
  listening?.pause();
  listening = new Audio(asset(file));
  listening.play().catch(() => {});
}

function startJoins() {
  // Where a strip is wider than its window, the join is in the middle.
  for (const strip of all('.cells')) {
    const after = strip.querySelector('.after');
    if (!after || strip.scrollWidth <= strip.clientWidth) continue;
    const box = strip.getBoundingClientRect();
    strip.scrollLeft += after.getBoundingClientRect().left - box.left - box.width / 2;
  }
  for (const button of all('[data-inspect]')) button.addEventListener('click', () => openInspector(Number(button.dataset.inspect)));
  for (const button of all('[data-join-play]')) {
    button.addEventListener('click', () => {
      const join = data.joins.find((entry) => entry.index === Number(button.dataset.joinPlay));
      $('player').scrollIntoView({ block: 'start' });
      player.go(Math.max(0, join.frame - Math.round(rate)));
      player.play(Number($('speed').value));
    });
  }
}

/** Opens the join, in the view and at the speed, that an address names. */
function restoreJoins(wanted) {
  const index = Number(wanted.get('join'));
  closeInspector();
  inspector.speed = inspectSpeeds.find(([value]) => value === wanted.get('pace')) ? Number(wanted.get('pace')) : 1;
  openInspector(index, views.find((view) => view === wanted.get('view')));
}

/** The next join after the current frame, or the one before it. */
function goToJoin(direction) {
  const frames = data.joins.map((join) => join.frame);
  const next = direction > 0 ? frames.find((frame) => frame > player.frame) : frames.findLast((frame) => frame < player.frame);
  if (next != null) player.go(next);
}

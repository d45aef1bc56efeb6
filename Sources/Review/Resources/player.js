// The player: exact frames, timeline, loop, guides.

const video = $('video');
/** Milliseconds without a report of a presented frame, after which the clock counts. */
const silence = 300;
const player = {
  frame: 0, wanted: null, presented: null, tries: 0, nudge: 0, loop: null, reverse: null,

  /** Shows one frame exactly: by the browser's seek where that arrives at it, else by its still. */
  go(frame, { keepsPlaying = false } = {}) {
    if (!video) return;
    frame = Math.max(0, Math.min(frameCount - 1, Math.round(frame)));
    if (!keepsPlaying) video.pause();
    player.frame = frame;
    player.wanted = frame;
    player.tries = player.nudge = 0;
    player.exactness('');
    $('exact').hidden = true;
    video.currentTime = master.player.start + middleOf(frame);
    if (!keepsPlaying) remember('f', frame || null);
    player.draw();
  },

  /** Called with the frame that the browser shows after a seek; null where it does not say. */
  arrived(shown) {
    if (player.wanted == null || !video.paused) return;
    const still = stills.get(player.wanted);
    if (shown === player.wanted) {
      player.exactness('exact');
    } else if (still) {
      const image = $('exact');
      image.src = asset(still);
      image.hidden = false;
      place(image);
      player.exactness('still');
    } else if (shown != null && player.tries < 3) {
      // Seeks again, off by as much as the browser was.
      player.tries += 1;
      player.nudge += middleOf(player.wanted) - middleOf(shown);
      video.currentTime = Math.max(0, master.player.start + middleOf(player.wanted) + player.nudge);
    } else {
      player.exactness('near');
    }
  },

  exactness(kind) {
    document.documentElement.dataset.exact = kind;
    $('exactness').textContent = kind ? text(`player.${kind}`) : '';
  },

  play(speed) {
    if (!video) return;
    player.stopReverse();
    $('exact').hidden = true;
    player.wanted = null;
    player.exactness('');
    if (speed) video.playbackRate = speed;
    if (player.loop && (player.frame < player.loop[0] || player.frame >= player.loop[1])) player.go(player.loop[0]);
    else if (player.frame >= frameCount - 1) player.go(0);
    player.wanted = null;
    video.play().catch(() => {});
  },

  pause() {
    if (!video) return;
    player.stopReverse();
    video.pause();
  },

  toggle() { if (video?.paused && !player.reverse) player.play(Number($('speed').value)); else player.pause(); },

  /** Browsers do not play backwards: frames are stepped. */
  playReverse() {
    if (!video) return;
    player.pause();
    player.reverse = setInterval(() => {
      if (video.seeking) return;
      if (player.frame <= 0) player.stopReverse(); else player.go(player.frame - Math.max(1, Math.round(rate / 12)));
    }, 83);
    player.draw();
  },

  stopReverse() { clearInterval(player.reverse); player.reverse = null; },

  setLoop(from, to) {
    player.loop = from == null || to <= from ? null : [from, to];
    $('loop-range').hidden = !player.loop;
    $('mark-clear').hidden = !player.loop;
    if (player.loop) {
      $('loop-range').style.left = `${100 * from / frameCount}%`;
      $('loop-range').style.width = `${100 * (to - from) / frameCount}%`;
    }
    remember('loop', player.loop ? player.loop.join('-') : null);
  },

  draw() {
    const frame = player.frame;
    const seconds = startOf(frame);
    const shot = shotAt(frame);
    $('clock').textContent = clock(seconds);
    $('counter').textContent = `#${frame} / ${frameCount}`;
    $('playhead').style.left = `${100 * (frame + 0.5) / frameCount}%`;
    const timeline = $('timeline');
    timeline.setAttribute('aria-valuenow', frame);
    timeline.setAttribute('aria-valuetext', text('player.at', {
      frame, frames: frameCount, time: clock(seconds), shot: data.shots[shot]?.id ?? '',
    }));
    all('#lane-shots span').forEach((mark, number) => mark.classList.toggle('current', number === shot));
    const playing = !video.paused || player.reverse != null;
    $('player').classList.toggle('playing', playing);
    $('play').setAttribute('aria-label', text(playing ? 'player.pause' : 'player.play'));
  },
};

/** Lays an element over the frame area of the video, whatever letterbox surrounds it. */
function place(node) {
  const ratio = Math.min(video.clientWidth / master.player.width, video.clientHeight / master.player.height);
  const [width, height] = [master.player.width * ratio, master.player.height * ratio];
  node.style.left = `${video.offsetLeft + (video.clientWidth - width) / 2}px`;
  node.style.top = `${video.offsetTop + (video.clientHeight - height) / 2}px`;
  node.style.width = `${width}px`;
  node.style.height = `${height}px`;
}

/** The crop guides: what is cut away is shaded. */
function drawGuides(kind) {
  const svg = $('guides');
  const [width, height] = [master.player.width, master.player.height];
  const shape = (name, values) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(values)) node.setAttribute(key, value);
    return node;
  };
  const inner = (part) => ({ x: width * (1 - part) / 2, y: height * (1 - part) / 2, width: width * part, height: height * part });
  svg.toggleAttribute('hidden', !kind);
  if (kind === 'safe') {
    // EBU R 95: action safe 93 %, graphics safe 90 %.
    svg.replaceChildren(shape('rect', inner(0.93)), shape('rect', inner(0.9)));
  } else if (kind) {
    const [across, down] = kind.split(':').map(Number);
    const size = width / height > across / down ? [height * across / down, height] : [width, width * down / across];
    const [x, y] = [(width - size[0]) / 2, (height - size[1]) / 2];
    svg.replaceChildren(
      shape('path', { class: 'shade', 'fill-rule': 'evenodd', d: `M0 0H${width}V${height}H0ZM${x} ${y}H${x + size[0]}V${y + size[1]}H${x}Z` }),
      shape('rect', { x, y, width: size[0], height: size[1] }));
  } else {
    svg.replaceChildren();
  }
  if (kind) place(svg);
  remember('guide', kind);
}

function startPlayer() {
  if (!video) return;
  const part = (frame) => `${100 * frame / frameCount}%`;
  data.shots.forEach((shot, number) => {
    if (shot.first_frame == null) return;
    const mark = make('span', { 'data-shot': shot.id, title: text('player.shot', { n: number + 1, shot: shot.id }) }, make('em', {}, number + 1), make('bdi', {}, shot.id));
    mark.style.left = part(shot.first_frame);
    mark.style.width = part(shot.frames);
    $('lane-shots').append(mark);
  });
  for (const join of data.joins) {
    const mark = make('i', { class: join.verdict, title: text('player.join', join) });
    mark.style.left = part(join.frame);
    $('lane-marks').append(mark);
  }
  for (const finding of data.verification?.findings ?? []) {
    if (finding.start == null || finding.status === 'pass' || finding.status === 'not_run') continue;
    const mark = make('b', { class: finding.severity, title: text('player.finding', finding) });
    mark.style.left = part(frameAt(finding.start));
    $('lane-marks').append(mark);
  }
  $('timeline').setAttribute('aria-valuemax', frameCount - 1);

  let presented = -Infinity;
  const passes = (frame) => {
    player.frame = frame;
    if (player.loop && frame >= player.loop[1] - 1 && !video.paused) player.go(player.loop[0], { keepsPlaying: true });
    if (!video.paused) player.wanted = null;
    player.draw();
  };
  const onFrame = (now, info) => {
    presented = performance.now();
    const frame = frameAt(Math.max(0, info.mediaTime - master.player.start) + 0.2 / rate);
    player.presented = frame;
    if (player.wanted != null) player.arrived(frame); else passes(frame);
    video.requestVideoFrameCallback(onFrame);
  };
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(onFrame);
  else video.addEventListener('seeked', () => player.arrived(null));
  // For browsers that do not report the frames they present: the clock between the events of one that plays.
  const follow = () => {
    if (video.paused) return;
    if (player.wanted == null) passes(frameAt(video.currentTime - master.player.start));
    requestAnimationFrame(follow);
  };
  if (!video.requestVideoFrameCallback) video.addEventListener('play', follow);
  // For browsers that do not report them all the time.
  video.addEventListener('timeupdate', () => {
    if (player.wanted == null && performance.now() - presented > silence) passes(frameAt(video.currentTime - master.player.start));
  });
  // A seek to the frame that is shown already presents no new one. A busy browser may be late with another one: then a still is
  // certain, and without one it gets some more time before nothing is promised.
  const settle = (waits) => {
    if (player.wanted == null || document.documentElement.dataset.exact || !video.paused || video.seeking) return;
    if (player.presented === player.wanted) player.arrived(player.wanted);
    else if (stills.has(player.wanted) || waits === 0) player.arrived(null);
    else setTimeout(settle, 250, waits - 1);
  };
  if (video.requestVideoFrameCallback) video.addEventListener('seeked', () => setTimeout(settle, 250, 8));
  for (const event of ['play', 'pause', 'ended']) video.addEventListener(event, () => player.draw());
  video.addEventListener('pause', () => {
    if (player.wanted == null) { player.frame = frameAt(video.currentTime - master.player.start); player.draw(); remember('f', player.frame || null); }
  });

  $('play').addEventListener('click', player.toggle);
  $('back').addEventListener('click', () => step(-1));
  $('forward').addEventListener('click', () => step(1));
  $('speed').addEventListener('change', (event) => setSpeed(event.target.value));
  $('guide').addEventListener('change', (event) => drawGuides(event.target.value));
  $('mark-in').addEventListener('click', () => markLoop(0));
  $('mark-out').addEventListener('click', () => markLoop(1));
  $('mark-clear').addEventListener('click', () => player.setLoop(null));
  $('mute')?.addEventListener('click', (event) => {
    video.muted = !video.muted;
    event.target.setAttribute('aria-pressed', video.muted);
    event.target.textContent = text(video.muted ? 'player.unmute' : 'player.mute');
  });
  startTimeline();
  new ResizeObserver(() => {
    if (!$('guides').hasAttribute('hidden')) place($('guides'));
    if (!$('exact').hidden) place($('exact'));
    if (!$('drawing').hidden) place($('drawing'));
  }).observe(video);

  player.draw();
}

/** Shows the position, loop, speed and guides that an address names. */
function restorePlayer(wanted) {
  if (!video) return;
  const loop = wanted.get('loop')?.split('-').map(Number);
  if (loop?.length === 2 && loop.every(Number.isInteger)) player.setLoop(Math.max(0, loop[0]), Math.min(frameCount, loop[1]));
  else player.setLoop(null);
  const offered = (id, value) => (all('option', $(id)).some((option) => option.value === value) ? value : null);
  $('speed').value = offered('speed', wanted.get('speed')) ?? '1';
  setSpeed($('speed').value);
  $('guide').value = offered('guide', wanted.get('guide')) ?? '';
  drawGuides($('guide').value);
  if (Number(wanted.get('f')) > 0) player.go(Number(wanted.get('f')));
}

function setSpeed(speed) {
  video.playbackRate = Number(speed);
  remember('speed', speed === '1' ? null : speed);
}

function step(frames) {
  player.pause();
  player.go(player.frame + frames);
}

function markLoop(end) {
  const [from, to] = player.loop ?? [0, frameCount];
  if (end === 0) player.setLoop(player.frame, to > player.frame ? to : frameCount);
  else player.setLoop(from < player.frame ? from : 0, player.frame + 1);
}

/** Clicks, drags and the hover preview of the timeline. */
function startTimeline() {
  const timeline = $('timeline');
  const preview = $('preview');
  const image = $('preview-image');
  const sprite = data.sprite;
  const frameOf = (event) => {
    const box = timeline.getBoundingClientRect();
    return Math.max(0, Math.min(frameCount - 1, Math.floor((event.clientX - box.left) / box.width * frameCount)));
  };
  if (sprite) {
    image.style.width = `${sprite.width}px`;
    image.style.height = `${sprite.height}px`;
    image.style.backgroundImage = `url("${asset(sprite.file)}")`;
  }
  let isDragging = false;
  timeline.addEventListener('pointerdown', (event) => {
    isDragging = true;
    timeline.setPointerCapture(event.pointerId);
    player.pause();
    player.go(frameOf(event));
  });
  timeline.addEventListener('pointermove', (event) => {
    const frame = frameOf(event);
    if (isDragging && !video.seeking) player.go(frame);
    if (!sprite || event.pointerType === 'touch') return;
    let number = 0;
    while (number + 1 < sprite.frames.length && sprite.frames[number + 1] <= frame) number += 1;
    image.style.backgroundPosition = `-${number % sprite.columns * sprite.width}px -${Math.floor(number / sprite.columns) * sprite.height}px`;
    const shot = data.shots[shotAt(frame)];
    $('preview-time').textContent = `${clock(startOf(frame))}${shot ? ` · ${shot.id}` : ''}`;
    preview.hidden = false;
    const half = preview.offsetWidth / 2;
    const at = event.clientX - timeline.getBoundingClientRect().left;
    preview.style.left = `${Math.max(0, Math.min(timeline.clientWidth - 2 * half, at - half))}px`;
  });
  timeline.addEventListener('pointerup', (event) => {
    // Moves during a seek are left out; the last one counts.
    if (isDragging && frameOf(event) !== player.frame) player.go(frameOf(event));
    isDragging = false;
  });
  timeline.addEventListener('pointercancel', () => { isDragging = false; });
  timeline.addEventListener('pointerleave', () => { preview.hidden = true; });
}

// Shots and takes: whole prompts, and takes side by side at the same moment.

function startShots() {
  for (const prompt of all('.prompt')) {
    if (prompt.scrollHeight <= prompt.clientHeight + 2) continue;
    prompt.classList.add('cut');
    const more = make('button', { type: 'button', class: 'link', 'aria-expanded': 'false', 'data-needs-script': true, onclick: () => {
      more.setAttribute('aria-expanded', prompt.classList.toggle('open'));
    } }, text('shots.more'));
    prompt.after(more);
  }
  for (const place of all('[data-compare]')) {
    const button = place.querySelector('button');
    button.addEventListener('click', () => {
      const isOpen = button.getAttribute('aria-expanded') === 'true';
      closeComparison();
      if (!isOpen) openComparison(place);
    });
  }
}

/** Takes of one shot are compared at a time: browsers have few video decoders. */
function openComparison(place, moment = 0) {
  const number = data.shots.findIndex((shot) => shot.id === place.dataset.compare);
  place.querySelector('button').setAttribute('aria-expanded', 'true');
  place.append(drawComparison(data.shots[number], moment));
  remember('compare', number + 1);
}

function closeComparison() {
  for (const panel of all('.compare .panel')) {
    for (const item of all('video', panel)) item.pause();
    panel.parentElement.querySelector('button').setAttribute('aria-expanded', 'false');
    panel.remove();
  }
  for (const name of ['compare', 'moment']) remember(name, null);
}

/** Compares the takes of the shot, at the moment, that an address names. */
function restoreShots(wanted) {
  const shot = data.shots[Number(wanted.get('compare')) - 1];
  closeComparison();
  const place = shot && all('[data-compare]').find((node) => node.dataset.compare === shot.id);
  if (place) openComparison(place, Math.max(0, Number(wanted.get('moment')) || 0));
}

/** Takes side by side, at a moment in seconds from their start. */
function drawComparison(shot, moment) {
  const takes = shot.takes.filter((take) => take.file || take.still);
  const cells = takes.map((take) => make('figure', {},
    take.file ? make('video', { src: asset(take.file), muted: true, playsinline: true, preload: 'auto', 'aria-label': `${text('shots.take')} ${take.take}` })
      : make('img', { src: asset(take.still), alt: text('shots.takealt', { shot: shot.id, take: take.take }) }),
    make('figcaption', { class: 'small' }, `${text('shots.take')} ${take.take}${take.rank ? ` · ${text('shots.rank', { n: take.rank })}` : ''}`)));
  const grid = make('div', { class: 'grid' }, ...cells);
  const videos = all('video', grid);
  for (const item of videos) item.muted = true;
  const slider = make('input', { type: 'range', min: 0, max: 1000, value: 0, 'aria-label': text('shots.moment') });
  const longest = () => Math.max(0.001, ...videos.map((item) => item.duration || 0));
  const keepMoment = (seconds) => remember('moment', seconds > 0 ? seconds.toFixed(2) : null);
  slider.addEventListener('input', () => {
    const seconds = slider.value / 1000 * longest();
    for (const item of videos) { item.pause(); item.currentTime = Math.min(item.duration || 0, seconds); }
    keepMoment(seconds);
    draw();
  });
  keepMoment(moment);
  for (const item of videos) item.addEventListener('loadedmetadata', () => { item.currentTime = Math.min(item.duration, moment); }, { once: true });
  const toggle = make('button', { type: 'button', class: 'button', onclick: () => {
    const isPlaying = videos.some((item) => !item.paused);
    for (const item of videos) { if (isPlaying) item.pause(); else item.play().catch(() => {}); }
  } }, text('shots.playall'));
  const draw = () => { toggle.textContent = text(videos.some((item) => !item.paused) ? 'shots.stopall' : 'shots.playall'); };
  // The first take leads; a take that drifts by more than a frame follows it.
  videos[0]?.addEventListener('timeupdate', () => {
    slider.value = 1000 * videos[0].currentTime / longest();
    for (const item of videos.slice(1)) {
      if (Math.abs(item.currentTime - videos[0].currentTime) > 1 / rate && !item.ended) item.currentTime = videos[0].currentTime;
    }
  });
  videos[0]?.addEventListener('pause', () => { if (grid.isConnected) keepMoment(videos[0].currentTime); });
  for (const item of videos) for (const event of ['play', 'pause', 'ended']) item.addEventListener(event, draw);
  return make('div', { class: 'panel' }, grid, videos.length ? make('div', { class: 'bar' }, toggle, slider) : null);
}

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
      button.setAttribute('aria-expanded', !isOpen);
      place.querySelector('.panel')?.remove();
      if (!isOpen) place.append(drawComparison(data.shots.find((shot) => shot.id === place.dataset.compare)));
    });
  }
}

function drawComparison(shot) {
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
  slider.addEventListener('input', () => {
    for (const item of videos) { item.pause(); item.currentTime = Math.min(item.duration || 0, slider.value / 1000 * longest()); }
    draw();
  });
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
  for (const item of videos) for (const event of ['play', 'pause', 'ended']) item.addEventListener(event, draw);
  return make('div', { class: 'panel' }, grid, videos.length ? make('div', { class: 'bar' }, toggle, slider) : null);
}

// Keyboard, theme, and the start of everything.

function currentShot() {
  const card = document.activeElement?.closest?.('.shot');
  return card?.dataset.shot ?? data.shots[video ? shotAt(player.frame) : 0]?.id ?? null;
}

const keys = {
  ' ': () => player.toggle(),
  k: () => player.pause(),
  j: () => player.playReverse(),
  l: () => player.play(video && !video.paused ? Math.min(4, video.playbackRate * 2) : 1),
  ArrowLeft: (event) => step(event.shiftKey ? -nominal : -1),
  ArrowRight: (event) => step(event.shiftKey ? nominal : 1),
  Home: () => step(-frameCount),
  End: () => step(frameCount),
  ',': () => goToJoin(-1),
  '.': () => goToJoin(1),
  i: () => markLoop(0),
  o: () => markLoop(1),
  a: () => { const shot = currentShot(); if (shot) decide(shot, 'approve'); },
  r: () => { const shot = currentShot(); if (shot) decide(shot, 'reject'); },
  n: () => openNote(),
  '?': () => $('help').showModal(),
};
const needsVideo = new Set([' ', 'k', 'j', 'l', 'ArrowLeft', 'ArrowRight', 'Home', 'End', ',', '.', 'i', 'o']);

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === 'Escape' && !$('note-form').hidden) { closeNote(); return; }
  const target = event.target;
  if (target.closest('textarea, select, input:not([type="range"]):not([type="radio"]), dialog')) return;
  // Arrows move sliders and radios; space and Enter press buttons.
  if (target.closest('input') && /^(Arrow|Home|End)/.test(event.key)) return;
  if (event.key === ' ' && target.closest('button, summary, a, input, video')) return;
  if (/^(Home|End)$/.test(event.key) && target !== $('timeline')) return;
  if (/^[1-9]$/.test(event.key)) {
    const shot = data.shots[Number(event.key) - 1];
    if (shot?.first_frame != null && video) { player.pause(); player.go(shot.first_frame); event.preventDefault(); }
    return;
  }
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || (needsVideo.has(event.key.toLowerCase().length === 1 ? event.key.toLowerCase() : event.key) && !video)) return;
  event.preventDefault();
  act(event);
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  storage.set('theme', theme);
}

function start() {
  $('theme').addEventListener('click', () => {
    const shown = document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    setTheme(shown === 'dark' ? 'light' : 'dark');
  });
  $('help-open').addEventListener('click', () => $('help').showModal());
  startPlayer();
  startJoins();
  startShots();
  startDecisions();
  for (const button of all('[data-time]')) {
    button.addEventListener('click', () => {
      if (!video) return;
      $('player').scrollIntoView({ block: 'start' });
      player.pause();
      player.go(frameAt(Number(button.dataset.time) + 0.001));
    });
  }
  document.addEventListener('keydown', onKey);
  restore();
  // Another address put into the window; a link to a part of the page has no state.
  addEventListener('hashchange', () => { if (location.hash.includes('=')) restore(); });
}

/** Shows what the address names. */
function restore() {
  const wanted = addressed();
  restorePlayer(wanted);
  restoreJoins(wanted);
  restoreShots(wanted);
  const opened = inspector.node?.closest('.join') ?? document.querySelector('.compare .panel')?.closest('.shot');
  opened?.scrollIntoView({ block: 'start', behavior: 'instant' });
}

/** Waits until the page has been painted; a hidden page is not. */
const painted = () => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); setTimeout(done, 100); });

/** Images for each time that the page is painted. */
const shownAtOnce = 12;

async function begin() {
  document.documentElement.classList.add('scripted');
  const theme = state.get('theme') ?? storage.get('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  if (isSingle) {
    // The files come after this script: what the page says is painted while they are read.
    if (document.readyState === 'loading') await new Promise((done) => document.addEventListener('DOMContentLoaded', done, { once: true }));
    await painted();
    inlined = Object.fromEntries([
      ...all('script[data-file]').map((node) => [node.dataset.file, node.textContent]),
      ...all('img[data-asset][src]').map((node) => [node.dataset.asset, node.getAttribute('src')]),
    ]);
  }
  start();
  if (isSingle) {
    for (const [number, node] of all('[data-asset]:not([src])').entries()) {
      node.src = asset(node.dataset.asset);
      if (number % shownAtOnce === shownAtOnce - 1) await painted();
    }
  }
  document.documentElement.dataset.ready = 'true';
}

begin();

/** Listens to the keys that players share. Keys that a control of the page uses itself go to that control. */
export function listenToKeys(video: HTMLVideoElement, changeSpeed: (steps: number) => void): void {
  const seek = (seconds: number) => {
    const end = Number.isFinite(video.duration) ? video.duration : Number.POSITIVE_INFINITY;
    video.currentTime = Math.max(0, Math.min(end, video.currentTime + seconds));
  };
  const louder = (by: number) => {
    video.volume = Math.max(0, Math.min(1, video.volume + by));
  };
  const actions: Record<string, () => unknown> = {
    ' ': () => (video.paused ? video.play() : video.pause()),
    j: () => seek(-10),
    l: () => seek(10),
    ArrowLeft: () => seek(-5),
    ArrowRight: () => seek(5),
    ArrowUp: () => louder(0.1),
    ArrowDown: () => louder(-0.1),
    m: () => {
      video.muted = !video.muted;
    },
    c: () => toggleCaptions(video),
    f: () => (document.fullscreenElement ? document.exitFullscreen() : video.requestFullscreen()),
    '<': () => changeSpeed(-1),
    '>': () => changeSpeed(1),
  };
  actions.k = actions[' ']!;
  document.addEventListener('keydown', (event) => {
    const isControl = event.target instanceof Element && event.target.closest('select, summary') !== null;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || isControl || event.ctrlKey || event.metaKey || event.altKey) return;
    // The controls of the browser handle some of these keys as well.
    event.preventDefault();
    action();
  });
}

function toggleCaptions({ textTracks }: HTMLVideoElement): void {
  const tracks = [...textTracks].filter(({ kind }) => kind === 'subtitles' || kind === 'captions');
  const isShown = tracks.some(({ mode }) => mode === 'showing');
  for (const [index, track] of tracks.entries()) track.mode = !isShown && index === 0 ? 'showing' : 'disabled';
}

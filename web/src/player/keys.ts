import { toggleFullScreen, togglePlay } from './controls.ts';

export interface KeyActions {
  /** Moves through the list of speeds by a number of steps. */
  changeSpeed(steps: number): void;
  toggleCaptions(): void;
}

/** Handles the keys that most players have. Ignores keys that a focused control handles itself. */
export function listenToKeys(video: HTMLVideoElement, { changeSpeed, toggleCaptions }: KeyActions): void {
  const end = () => (Number.isFinite(video.duration) ? video.duration : Number.POSITIVE_INFINITY);
  const seek = (seconds: number) => {
    video.currentTime = Math.max(0, Math.min(end(), video.currentTime + seconds));
  };
  const louder = (by: number) => {
    video.volume = Math.max(0, Math.min(1, video.volume + by));
  };
  const actions: Record<string, () => unknown> = {
    ' ': () => togglePlay(video),
    k: () => togglePlay(video),
    j: () => seek(-10),
    l: () => seek(10),
    ArrowLeft: () => seek(-5),
    ArrowRight: () => seek(5),
    ArrowUp: () => louder(0.1),
    ArrowDown: () => louder(-0.1),
    Home: () => seek(-video.currentTime),
    End: () => seek(end()),
    m: () => {
      video.muted = !video.muted;
    },
    c: toggleCaptions,
    f: () => toggleFullScreen(video),
    '<': () => changeSpeed(-1),
    '>': () => changeSpeed(1),
  };
  document.addEventListener('keydown', (event) => {
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || isOfControl(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    // Without this call, the slider and the page would handle some of these keys as well.
    event.preventDefault();
    action();
  });
}

function isOfControl({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest('select, summary') !== null || (key === ' ' && target.closest('button') !== null);
}

import { find } from './page.ts';

/** The video element of an iPhone, which can show only this element in full screen. */
type AppleVideo = HTMLVideoElement & { webkitEnterFullscreen?: () => void };

/** Connects the buttons with the video. */
export function connectControls(video: HTMLVideoElement): void {
  const [play, mute, full] = [find('play'), find('mute'), find('full')];
  const stage = find('stage');
  play.addEventListener('click', () => togglePlay(video));
  video.addEventListener('click', () => togglePlay(video));
  video.addEventListener('dblclick', () => toggleFullScreen(video));
  mute.addEventListener('click', () => {
    video.muted = !video.muted;
  });
  full.addEventListener('click', () => toggleFullScreen(video));
  const showPlay = () => show(play, video.paused ? 'Play' : 'Pause', !video.paused);
  for (const name of ['play', 'pause', 'ended'] as const) video.addEventListener(name, showPlay);
  video.addEventListener('volumechange', () => {
    const isSilent = video.muted || video.volume === 0;
    show(mute, isSilent ? 'Turn sound on' : 'Mute', isSilent);
  });
  document.addEventListener('fullscreenchange', () => {
    const isFull = document.fullscreenElement !== null;
    show(full, isFull ? 'Leave full screen' : 'Full screen', isFull);
  });
  for (const name of ['waiting', 'seeking'] as const) video.addEventListener(name, () => stage.classList.add('busy'));
  for (const name of ['playing', 'seeked', 'canplay', 'error'] as const)
    video.addEventListener(name, () => stage.classList.remove('busy'));
}

export function togglePlay(video: HTMLVideoElement): void {
  // A promise that is rejected because the viewer has paused again is not an error.
  if (video.paused) void video.play().catch(() => {});
  else video.pause();
}

export function toggleFullScreen(video: AppleVideo): void {
  const page = find('player');
  if (document.fullscreenElement) void document.exitFullscreen();
  else if (page.requestFullscreen) void page.requestFullscreen().catch(() => {});
  else video.webkitEnterFullscreen?.();
}

/** Shows a label and the first icon of a button, or the second icon if `isOn`. */
function show(button: HTMLElement, label: string, isOn: boolean): void {
  button.setAttribute('aria-label', label);
  button.title = label;
  button.classList.toggle('on', isOn);
}

/** A rendition that a viewer can choose. */
export interface Quality {
  /** Position of the rendition in the player. */
  index: number;
  label: string;
}

export interface Source {
  /** Plays only this rendition. -1 lets the player choose the rendition. */
  choose(index: number): void;
}

export interface SourceEvents {
  onProblem(text: string): void;
  onQualities(qualities: readonly Quality[]): void;
}

const ENDED = 'This link has expired, or the video was deleted. Ask for a new link.';
const FAILED = 'The video cannot be loaded. Check your connection, then reload the page.';
const NATIVE_HLS = 'application/vnd.apple.mpegurl';

/** Loads the ladder below an address into the video. If the ladder cannot be loaded, calls `onProblem` and returns null. */
export async function openSource(
  video: HTMLVideoElement,
  { base, isDash }: { base: string; isDash: boolean },
  events: SourceEvents,
): Promise<Source | null> {
  const url = `${base}/${isDash ? 'manifest.mpd' : 'master.m3u8'}`;
  const response = await fetch(url).catch(() => null);
  if (response?.ok) return isDash ? openDash(video, url, events) : openHls(video, url, events);
  events.onProblem(response?.status === 410 ? ENDED : FAILED);
  return null;
}

async function openHls(video: HTMLVideoElement, url: string, events: SourceEvents): Promise<Source> {
  const { default: Hls } = await import('hls.js');
  if (!Hls.isSupported() && video.canPlayType(NATIVE_HLS) !== '') {
    video.src = url;
    return { choose: () => {} };
  }
  // The content security policy allows no worker from a blob.
  const hls = new Hls({ enableWorker: false, capLevelToPlayerSize: true });
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    const levels = hls.levels.map(({ height, frameRate }, index) => ({ index, label: labelOf(height, frameRate) }));
    events.onQualities(levels.reverse());
  });
  hls.on(Hls.Events.ERROR, (_name, { fatal, type, response }) => {
    if (response?.code === 410) return events.onProblem(ENDED);
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else events.onProblem(FAILED);
  });
  // If a rendition is chosen before the first segment has arrived, hls.js drops that segment and sometimes loads no other segment. The
  // choice is therefore applied afterwards.
  let hasStarted = false;
  let chosen: number | null = null;
  hls.on(Hls.Events.FRAG_BUFFERED, (_name, { frag }) => {
    if (hasStarted || frag.type !== 'main') return;
    hasStarted = true;
    if (chosen !== null) hls.currentLevel = chosen;
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return {
    choose: (index) => {
      chosen = index;
      // Replaces the buffer, so that the viewer sees the chosen rendition immediately.
      if (hasStarted) hls.currentLevel = index;
    },
  };
}

async function openDash(video: HTMLVideoElement, url: string, events: SourceEvents): Promise<Source> {
  const { MediaPlayer } = await import('dashjs');
  const player = MediaPlayer().create();
  player.on(MediaPlayer.events.STREAM_INITIALIZED, () => {
    const renditions = player.getRepresentationsByType('video');
    events.onQualities(
      renditions.map(({ height, frameRate }, index) => ({ index, label: labelOf(height, frameRate) })).reverse(),
    );
  });
  player.on(MediaPlayer.events.ERROR, () => events.onProblem(FAILED));
  player.initialize(video, url, false);
  return {
    choose: (index) => {
      player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: index < 0 } } } });
      if (index >= 0) player.setRepresentationForTypeByIndex('video', index, true);
    },
  };
}

function labelOf(height: number, frameRate: number): string {
  return frameRate > 31 ? `${height}p${Math.round(frameRate)}` : `${height}p`;
}

import { Captions } from './captions.ts';
import { connectControls } from './controls.ts';
import { listenToKeys } from './keys.ts';
import { find } from './page.ts';
import { openSource, type Quality } from './source.ts';
import { loadThumbnails } from './thumbnails.ts';
import { Timeline } from './timeline.ts';

/*
 * The page of a playback URL: `/playback/<token>`. The page needs only the token in its address. From other sites, it loads only segments
 * and pictures, which are in storage.
 */

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

const base = location.pathname.replace(/\/$/, '');
/** The features of the output, so that the page requests nothing that does not exist. */
const hints = new Set(location.hash.slice(1).split('&'));
const video = find<HTMLVideoElement>('video');
const quality = find<HTMLSelectElement>('quality');
const speed = find<HTMLSelectElement>('speed');
const timeline = new Timeline(video, base);
const captions = new Captions(video);

connectControls(video);
fillSpeeds();
listenToKeys(video, { changeSpeed, toggleCaptions: () => captions.toggle() });
// If the video does not have the shape 16:9, for example a portrait, its frame gets the shape of the video.
video.addEventListener('resize', () => {
  if (video.videoWidth > 0) video.style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
});
void start();

async function start(): Promise<void> {
  // Loads the previews after the first segments, which are more urgent.
  if (hints.has('thumbnails'))
    video.addEventListener('loadeddata', async () => timeline.setThumbnails(await loadThumbnails(base)), {
      once: true,
    });
  const source = await openSource(
    video,
    { base, isDash: hints.has('dash') },
    {
      onProblem: showProblem,
      onQualities: showQualities,
    },
  );
  quality.addEventListener('change', () => source?.choose(Number(quality.value)));
}

function showProblem(text: string): void {
  const problem = find('problem');
  problem.textContent = text;
  problem.hidden = false;
}

function showQualities(qualities: readonly Quality[]): void {
  const options = qualities.map(({ index, label }) => new Option(label, String(index)));
  quality.replaceChildren(new Option('Auto', '-1'), ...options);
  quality.disabled = qualities.length < 2;
}

function fillSpeeds(): void {
  speed.replaceChildren(...SPEEDS.map((rate) => new Option(`${rate}×`, String(rate))));
  speed.value = '1';
  speed.addEventListener('change', () => {
    video.playbackRate = Number(speed.value);
  });
}

/** Moves through the list of speeds by a number of steps. */
function changeSpeed(steps: number): void {
  const next = SPEEDS.indexOf(Number(speed.value)) + steps;
  speed.value = String(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, next))]);
  video.playbackRate = Number(speed.value);
}

import { openBrowser } from '../../testkit/browser.ts';
import { source1080Short } from '../lib/media.ts';
import { cpuSeconds } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { percentile, spread } from '../lib/statistics.ts';

const VIEWERS = 200;
const SEGMENT_SECONDS = 4;
/** Number of segments that each viewer plays, per pair. */
const SEGMENTS = 3;
const LADDER = [{ height: 720 }, { height: 360 }];
/** Maximum seconds for the fetch of a segment. A viewer with four seconds in the buffer does not notice such a delay. */
const MAX_SEGMENT_SECONDS = 1;
/** Maximum share of one core that the API may use. */
const MAX_API_SHARE = 0.5;
const MAX_FIRST_FRAME_SECONDS = 1;
const SETTINGS = { AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS: '1000' };

/**
 * 200 viewers of one ladder start within four seconds. Each viewer then fetches a segment of video and of audio every four seconds, each
 * through a redirect. Also measures the first frame in Chromium. The service, the viewers and Chromium run on this machine.
 */
export async function viewers({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const { path: file, synthetic } = await source1080Short(progress);
  const bench = await openBench(SETTINGS);
  try {
    progress('ladder');
    const url = await bench.upload(file);
    const settings = { ladder: LADDER, segment_seconds: SEGMENT_SECONDS };
    const { id } = await bench.create({ inputs: [{ url }], outputFormat: 'hls', ...settings });
    await bench.completed(id);
    const { json } = await bench.service.call('POST', `/v1/transcodes/${id}/playback`);
    progress('first frame');
    const frames = await firstFrames(json.page_url, pairs);
    progress(`${VIEWERS} viewers`);
    const watched = await watch(bench, json.hls_url, SEGMENTS * pairs);
    const row = (what: string) => ({ case: 'viewers', what });
    const { seconds, share } = watched;
    const many = `${VIEWERS} viewers of one ladder: `;
    return {
      rows: [
        bounded(
          row('page opened to first frame in Chromium'),
          spreadOf(frames.opened),
          MAX_FIRST_FRAME_SECONDS,
          's',
          2,
        ),
        bounded(row('click to next frame in Chromium'), spreadOf(frames.clicked), MAX_FIRST_FRAME_SECONDS, 's', 2),
        bounded(row(`${many}slowest segment`), { value: Math.max(...seconds) }, MAX_SEGMENT_SECONDS, 's', 2),
        bounded(row(`${many}segment, p99`), { value: percentile(seconds, 0.99) }, null, 's', 3),
        bounded(row(`${many}API, share of one core`), { value: share }, MAX_API_SHARE, '', 2),
      ],
      raw: { frames, segments: seconds.length, share },
      notes: synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
    };
  } finally {
    await bench.close();
  }
}

function spreadOf(values: readonly number[]) {
  const { median, ...range } = spread(values);
  return { value: median, ...range };
}

/** Returns the seconds of each segment from its request to its last byte, and the share of a core that the API used. */
async function watch(bench: Bench, master: string, count: number): Promise<{ seconds: number[]; share: number }> {
  const api = bench.service.pids('api');
  const before = cpuSeconds(api);
  const began = performance.now();
  const seconds = (await Promise.all(Array.from({ length: VIEWERS }, (_, index) => view(master, index, count)))).flat();
  const elapsed = (performance.now() - began) / 1000;
  return { seconds, share: (cpuSeconds(api) - before) / elapsed };
}

/** Plays `count` segments. Each viewer starts at its own time within the duration of a segment. Returns the seconds of each fetch. */
async function view(master: string, index: number, count: number): Promise<number[]> {
  const begin = performance.now() + (index / VIEWERS) * SEGMENT_SECONDS * 1000;
  await sleepUntil(begin);
  const list = (await fetchBytes(master)).toString();
  const [video] = /^[^#\n].*\.m3u8$/m.exec(list)!;
  const [, audio] = /TYPE=AUDIO.*URI="([^"]+)"/.exec(list)!;
  const tracks = await Promise.all([video!, audio!].map((path) => segmentsOf(new URL(path, master).href)));
  const seconds: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    await sleepUntil(begin + turn * SEGMENT_SECONDS * 1000);
    const asked = tracks.map(async (segments) => {
      const from = performance.now();
      await fetchBytes(segments[turn % segments.length]!);
      seconds.push((performance.now() - from) / 1000);
    });
    await Promise.all(asked);
  }
  return seconds;
}

/** Reads a playlist and its initialization segment. Returns the URLs of the segments. */
async function segmentsOf(playlist: string): Promise<string[]> {
  const text = (await fetchBytes(playlist)).toString();
  await fetchBytes(new URL(/#EXT-X-MAP:URI="([^"]+)"/.exec(text)![1]!, playlist).href);
  return [...text.matchAll(/^[^#\n].*$/gm)].map(([path]) => new URL(path, playlist).href);
}

async function fetchBytes(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} for a file of the ladder`);
  return Buffer.from(await response.arrayBuffer());
}

async function sleepUntil(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())));
}

/** Script for the page. It returns the seconds from the click on Play to the next frame. */
const CLICK = `new Promise((resolve) => {
  const video = document.querySelector('video');
  video.muted = true;
  const from = performance.now();
  video.requestVideoFrameCallback(() => resolve((performance.now() - from) / 1000));
  document.getElementById('play').click();
})`;
/** Script for the page. It returns the seconds from the navigation to the first frame. */
const OPENED = `new Promise((resolve) => {
  const video = document.querySelector('video');
  const done = () => resolve(performance.now() / 1000);
  if (video.readyState >= 2) done();
  else video.addEventListener('loadeddata', done, { once: true });
})`;

/** Returns the seconds of the first frames, each in a new page without a cache. The first page, which starts Chromium, does not count. */
async function firstFrames(url: string, rounds: number): Promise<{ opened: number[]; clicked: number[] }> {
  const browser = await openBrowser({ isMeasured: true });
  const [opened, clicked]: [number[], number[]] = [[], []];
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(url, { waitUntil: 'commit' });
      await page.locator('video').waitFor();
      const first = await page.evaluate<number>(OPENED);
      const next = await page.evaluate<number>(CLICK);
      if (round > 0) {
        opened.push(first);
        clicked.push(next);
      }
      await context.close();
    }
  } finally {
    await browser.close();
  }
  return { opened, clicked };
}

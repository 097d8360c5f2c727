import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../testkit/browser.ts';
import { transcode, upload } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { makeUnlikeSources, UNLIKE_RUNGS, UNLIKE_SOURCES } from '../../testkit/unlike-sources.ts';

let service: TestService;
let browser: Browser;
let folder: string;
/** URL of the page that plays each source, by the name of the source. */
let pages: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-sources-'));
  [service, browser] = await Promise.all([shareService(), openBrowser()]);
  const sources = await makeUnlikeSources(folder);
  const made = await Promise.all(Object.entries(sources).map(async ([name, path]) => [name, await play(path)]));
  pages = Object.fromEntries(made);
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Makes a ladder of a source. Returns the URL of the page that plays it. */
async function play(path: string): Promise<string> {
  const isMatroska = path.endsWith('.mkv');
  const name = isMatroska ? 'clip.mkv' : 'clip.mp4';
  const { fileUrl: url } = await upload(service, path, isMatroska ? 'video/x-matroska' : 'video/mp4', name);
  const settings = { outputFormat: 'cmaf', ladder: UNLIKE_RUNGS, segment_seconds: 2 };
  const { id, status } = await transcode(service, { inputs: [{ url }], ...settings });
  expect(status).toBe('completed');
  return (await service.call('POST', `/v1/transcodes/${id}/playback`, {})).json.page_url;
}

/**
 * Plays completely buffered media to the end. On a busy machine, the decoder may be late, so only waits with nothing to decode count as
 * stalls. A player jumps over a gap with a seek. If dash.js notices the end before the browser reports it, dash.js seeks to the end and
 * pauses, and the browser fires no event `ended`. The code runs in the page, with the globals of the page.
 */
const PLAY = `(async () => {
  const video = document.querySelector('video');
  video.muted = true;
  const rangesOf = ({ buffered }) =>
    Array.from({ length: buffered.length }, (_, index) => [buffered.start(index), buffered.end(index)]);
  const isBuffered = () => rangesOf(video).some(([, end]) => end >= video.duration - 0.1);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  while (!isBuffered()) await pause();
  const faults = [];
  await video.play();
  video.addEventListener('seeking', () => {
    if (video.currentTime < video.duration) faults.push('a seek to ' + video.currentTime);
  });
  video.addEventListener('waiting', () => {
    const at = video.currentTime;
    const hasData = rangesOf(video).some(([start, end]) => start <= at && end >= Math.min(at + 0.1, video.duration - 0.1));
    if (!hasData) faults.push('a wait at ' + at);
  });
  video.playbackRate = 4;
  while (!video.ended) {
    if (video.error) throw new Error(video.error.message);
    await pause();
  }
  const { duration, currentTime, videoWidth, videoHeight } = video;
  const ranges = rangesOf(video);
  const [[start]] = ranges;
  return { faults, ranges: ranges.length, start, duration, left: duration - currentTime, size: [videoWidth, videoHeight] };
})()`;

/** Number of pages that play at the same time. */
const AT_ONCE = 5;

interface Played {
  faults: string[];
  ranges: number;
  start: number;
  duration: number;
  left: number;
  size: [number, number];
}

async function playToEnd(context: BrowserContext, url: string) {
  const page = await context.newPage();
  try {
    await page.goto(url);
    return await page.evaluate<Played>(PLAY);
  } finally {
    await page.close();
  }
}

function expectPlayed(name: string, { faults, ranges, start, duration, left, size }: Played): void {
  expect([name, faults, ranges]).toEqual([name, [], 1]);
  expect(duration, name).toBeCloseTo(4.6, 0);
  expect(Math.abs(left), name).toBeLessThan(0.1);
  expect(start, name).toBeLessThan(0.05);
  const [width, height] = UNLIKE_SOURCES[name]!.size;
  expect([`${width}x${height}`, `${width / 2}x${height / 2}`], name).toContain(size.join('x'));
}

describe('the player', () => {
  it.each([
    ['HLS', ''],
    ['DASH', '#dash'],
  ])(
    'plays ladders of ten different sources over %s to their ends, without a stall or a gap',
    async (_, hash) => {
      const names = Object.keys(UNLIKE_SOURCES);
      // Pages of the same context load and compile the player once.
      const context = await browser.newContext({ viewport: { width: 400, height: 300 }, reducedMotion: 'reduce' });
      for (let at = 0; at < names.length; at += AT_ONCE) {
        const some = names.slice(at, at + AT_ONCE);
        const played = await Promise.all(some.map((name) => playToEnd(context, pages[name] + hash)));
        for (const [index, name] of some.entries()) expectPlayed(name, played[index]!);
      }
      await context.close();
    },
    120_000,
  );
});

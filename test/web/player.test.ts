import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/config/root.ts';
import { openBrowser } from '../../testkit/browser.ts';
import { makeClip, upload } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { faultsOf } from './axe.ts';

let service: TestService & { account: string };
let browser: Browser;
let folder: string;
let job: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-player-'));
  [service, browser] = await Promise.all([shareService(), openBrowser()]);
  const { fileUrl: url } = await upload(
    service,
    await makeClip(join(folder, 'clip.mp4'), { size: '320x180', seconds: 5 }),
  );
  const captions = join(folder, 'captions.srt');
  await writeFile(captions, '1\n00:00:00,500 --> 00:00:04,500\nHello from the captions\n');
  const { fileUrl: subtitles } = await upload(service, captions, 'application/x-subrip', 'captions.srt');
  const ladder = [{ height: 180 }, { height: 120 }];
  const outputs = [
    { name: 'clear', outputFormat: 'cmaf', ladder, segment_seconds: 2 },
    { name: 'spoken', outputFormat: 'hls', ladder: [{ height: 120 }], segment_seconds: 2, subtitles },
    { name: 'dash', outputFormat: 'dash', ladder: [{ height: 120 }], segment_seconds: 2 },
    { name: 'sprite', outputFormat: 'sprite', every_seconds: 1, width: 96 },
    { name: 'sealed', outputFormat: 'hls', ladder: [{ height: 120 }], segment_seconds: 2, encryption: 'aes-128' },
  ];
  const { json } = await service.call('POST', '/v1/transcodes?wait=60', { inputs: [{ url }], outputs });
  expect(json.status).toBe('completed');
  job = json.id;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens a URL. Returns the page, its errors, and the other hosts to which it sends requests. */
async function open(url: string, viewport = { width: 1280, height: 800 }) {
  const page = await browser.newPage({ viewport });
  const faults: string[] = [];
  const hosts = new Set<string>();
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await page.goto(url);
  return { page, faults, hosts };
}

/** Code that runs in the page, whose globals the types of the tests do not have. */
const PLAY_TO_END = `(async () => {
  const video = document.querySelector('video');
  video.muted = true;
  const once = (event) => new Promise((resolve) => video.addEventListener(event, resolve, { once: true }));
  // The player attaches its source before there are metadata, which ends an earlier play().
  if (video.readyState === 0) await once('loadedmetadata');
  await video.play();
  video.playbackRate = 4;
  // If dash.js notices the end before the browser does, the browser fires no event.
  while (!video.ended) await new Promise((resolve) => setTimeout(resolve, 50));
  return { at: video.currentTime, duration: video.duration, height: video.videoHeight };
})()`;
const playToEnd = (page: Page) => page.evaluate<{ at: number; duration: number; height: number }>(PLAY_TO_END);
const video = (page: Page, property: string) => page.evaluate<unknown>(`document.querySelector('video').${property}`);

async function pageOf(output: string): Promise<string> {
  const { status, json } = await service.call('POST', `/v1/transcodes/${job}/playback`, { output });
  expect(status).toBe(201);
  return json.page_url;
}

/** Files that a snippet of the documentation loads from the server of the page. */
const LIBRARIES: Readonly<Record<string, string>> = {
  '/hls.mjs': 'hls.js/dist/hls.mjs',
  '/dash.all.min.js': 'dashjs/dist/modern/umd/dash.all.min.js',
};

describe('a snippet of docs/playback.md', () => {
  it.each([
    ['hls.js', 'import Hls', 'HLS_URL'],
    ['dash.js', 'dashjs.MediaPlayer', 'DASH_URL'],
  ])('plays a ladder with %s on a page of another site', async (_, mark, place) => {
    const text = await readFile(join(projectRoot(), 'docs/playback.md'), 'utf8');
    const snippet = [...text.matchAll(/```html\n([\s\S]*?)```/g)]
      .map(([, html]) => html!)
      .find((html) => html.includes(mark));
    const { json } = await service.call('POST', `/v1/transcodes/${job}/playback`, { output: 'clear' });
    const url = place === 'HLS_URL' ? json.hls_url : json.dash_url;
    const site = await startSource(async (request, response) => {
      const library = LIBRARIES[request.url!];
      const type = library ? 'text/javascript' : 'text/html';
      const body = library
        ? await readFile(join(projectRoot(), 'node_modules', library))
        : `<!doctype html><title>Site</title>${snippet!.replaceAll(place, url)}`;
      response.writeHead(200, { 'content-type': type }).end(body);
    });
    const { page, faults } = await open(site.url);
    const { at, duration } = await playToEnd(page);
    expect(duration).toBeGreaterThan(4.8);
    expect(duration - at).toBeLessThan(0.2);
    expect(faults.filter((fault) => !/favicon|404/.test(fault))).toEqual([]);
    await page.close();
    await site.close();
  });
});

describe('the player', () => {
  it('plays a ladder to its end over HLS, without loading anything from other sites', async () => {
    const { page, faults, hosts } = await open(await pageOf('clear'));
    const { at, duration, height } = await playToEnd(page);
    expect(duration).toBeGreaterThan(4.8);
    expect(duration - at).toBeLessThan(0.2);
    expect([180, 120]).toContain(height);
    expect(await page.locator('#quality option').allTextContents()).toEqual(['Auto', '180p', '120p']);
    expect(faults).toEqual([]);
    expect([...hosts].sort()).toEqual([new URL(service.api).host, new URL(service.storage).host].sort());
    expect(await faultsOf(page)).toEqual([]);
    await page.close();
  });

  it.each([
    ['DASH', 'dash'],
    ['encrypted HLS', 'sealed'],
  ])('plays %s to its end', async (_, output) => {
    const { page, faults } = await open(await pageOf(output));
    const { at, duration } = await playToEnd(page);
    expect(duration).toBeGreaterThan(4.8);
    expect(duration - at).toBeLessThan(0.2);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('plays the chosen quality, and responds to the keyboard', async () => {
    const { page } = await open(await pageOf('clear'), { width: 390, height: 844 });
    await page.locator('#quality:enabled').selectOption({ label: '120p' });
    // Repeats the clip, which could otherwise end on a busy machine before the key pauses it.
    await page.evaluate("document.querySelector('video').loop = true");
    await page.locator('body').press('k');
    await until(async () => (await video(page, 'videoHeight')) === 120, { what: 'the chosen quality' });
    await page.keyboard.press('>');
    expect(await video(page, 'playbackRate')).toBe(1.25);
    await page.keyboard.press('m');
    expect(await video(page, 'muted')).toBe(true);
    await page.keyboard.press('k');
    expect(await video(page, 'paused')).toBe(true);
    await page.keyboard.press('Home');
    expect(await video(page, 'currentTime')).toBeLessThan(1);
    await page.getByRole('button', { name: 'Play' }).press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    expect(await page.getByRole('slider', { name: 'Position' }).getAttribute('aria-valuetext')).toMatch(
      /^0:0\d of 0:0\d$/,
    );
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.close();
  });

  it('shows the picture of the time to which a viewer points', async () => {
    const { page, faults } = await open(await pageOf('clear'));
    await page.locator('#seek:enabled').waitFor();
    const { x, y, width, height } = (await page.locator('#seek').boundingBox())!;
    const picture = page.locator('#picture img');
    // The pictures are 96 pixels wide, and the clip has five.
    for (const [share, offset] of [
      [0.1, '0px'],
      [0.7, '-288px'],
    ] as const) {
      await until(
        async () => {
          await page.mouse.move(x + width * share + Math.random(), y + height / 2);
          return (await picture.count()) === 1;
        },
        { what: 'the picture' },
      );
      expect(await picture.getAttribute('style')).toContain(`translate(${offset}, 0px)`);
    }
    await until(async () => (await page.evaluate(`document.querySelector('#picture img').naturalWidth`)) === 480, {
      what: 'the sheet',
    });
    expect(await page.locator('#at').textContent()).toBe('0:03');
    await page.mouse.move(x, y - 200);
    await page.locator('#preview').waitFor({ state: 'hidden' });
    expect(faults).toEqual([]);
    await page.close();
  });

  it('shows the subtitles of the ladder over the video when a viewer turns the subtitles on', async () => {
    const { page, faults } = await open(await pageOf('spoken'));
    const captions = page.getByLabel('Captions');
    await captions.waitFor();
    expect(await video(page, 'textTracks[0].mode')).not.toBe('showing');
    await page.locator('body').press('c');
    await page.locator('#seek:enabled').waitFor();
    await page.evaluate(`document.querySelector('video').currentTime = 2`);
    const shown = `textTracks[0].activeCues?.[0]?.text`;
    await until(async () => (await video(page, shown)) === 'Hello from the captions', { what: 'the caption' });
    expect(await video(page, 'textTracks[0].mode')).toBe('showing');
    await page.evaluate(`document.querySelector('video').currentTime = 4.8`);
    await until(async () => (await video(page, shown)) === undefined, { what: 'the end of the caption' });
    expect(faults).toEqual([]);
    await page.close();
  });

  it('offers the captions that a playlist names, and shows none at first', async () => {
    const url = await pageOf('clear');
    const page = await browser.newPage();
    const group = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="English",LANGUAGE="en",URI="captions.m3u8"';
    await page.route('**/master.m3u8', async (route) => {
      const response = await route.fetch();
      const text = (await response.text()).replace(/(#EXT-X-STREAM-INF:[^\n]*)/g, '$1,SUBTITLES="text"');
      await route.fulfill({ response, body: text.replace('#EXTM3U', `#EXTM3U\n${group}`) });
    });
    const playlist = ['#EXTM3U', '#EXT-X-TARGETDURATION:5', '#EXTINF:5,', 'captions.vtt', '#EXT-X-ENDLIST', ''].join(
      '\n',
    );
    await page.route('**/captions.m3u8', (route) => route.fulfill({ body: playlist }));
    const cues = 'WEBVTT\n\n00:00.000 --> 00:05.000\nHello\n';
    await page.route('**/captions.vtt', (route) => route.fulfill({ body: cues }));
    await page.goto(url);
    const captions = page.getByLabel('Captions');
    await captions.waitFor();
    expect(await captions.inputValue()).toBe('-1');
    await page.locator('body').press('c');
    expect(await captions.inputValue()).toBe('0');
    await until(async () => (await video(page, 'textTracks[0].cues?.length')) === 1, { what: 'the caption' });
    await page.locator('body').press('c');
    expect(await video(page, 'textTracks[0].mode')).toBe('disabled');
    await page.close();
  });

  it('reports that a link has expired', async () => {
    const { page } = await open(`${service.api}/playback/${'A'.repeat(48)}`);
    await page.getByRole('alert').filter({ hasText: 'This link has expired' }).waitFor();
    await page.close();
  });

  it('cannot load the key of an encrypted ladder after the job is erased', async () => {
    const keyOf = async (output: string) => new URL(`${new URL(await pageOf(output)).pathname}/key.bin`, service.api);
    const url = await keyOf('sealed');
    const key = await fetch(url);
    expect([key.status, (await key.arrayBuffer()).byteLength]).toEqual([200, 16]);
    expect((await fetch(await keyOf('clear'))).status).toBe(404);
    expect((await service.call('DELETE', `/v1/transcodes/${job}`)).status).toBe(200);
    expect((await fetch(url)).status).toBe(410);
  });
});

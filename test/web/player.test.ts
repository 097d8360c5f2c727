import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../testkit/browser.ts';
import { makeClip, upload } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
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
  const ladder = [{ height: 180 }, { height: 120 }];
  const body = { inputs: [{ url }], outputFormat: 'cmaf', ladder, segment_seconds: 2 };
  const { json } = await service.call('POST', '/v1/transcodes?wait=60', body);
  expect(json.status).toBe('completed');
  job = json.id;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens an address with the errors of the page and its requests to other hosts. */
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

/** Runs in the page, whose globals the tests do not have. */
const PLAY_TO_END = `(async () => {
  const video = document.querySelector('video');
  video.muted = true;
  const ended = new Promise((resolve) => video.addEventListener('ended', resolve, { once: true }));
  await video.play();
  video.playbackRate = 2;
  await ended;
  return { at: video.currentTime, duration: video.duration, height: video.videoHeight };
})()`;
const playToEnd = (page: Page) => page.evaluate<{ at: number; duration: number; height: number }>(PLAY_TO_END);
const video = (page: Page, property: string) => page.evaluate<unknown>(`document.querySelector('video').${property}`);

describe('the player', () => {
  it('plays a ladder to its end by HLS, with nothing from other sites', async () => {
    const { json } = await service.call('POST', `/v1/transcodes/${job}/playback`);
    const { page, faults, hosts } = await open(json.page_url);
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

  it('plays the chosen quality, and obeys the keyboard', async () => {
    const { json } = await service.call('POST', `/v1/transcodes/${job}/playback`);
    const { page } = await open(json.page_url, { width: 390, height: 844 });
    await page.locator('#quality:enabled').selectOption({ label: '120p' });
    await page.locator('body').press('k');
    await page.waitForFunction(`document.querySelector('video').videoHeight === 120`);
    await page.keyboard.press('>');
    expect(await video(page, 'playbackRate')).toBe(1.25);
    await page.keyboard.press('m');
    expect(await video(page, 'muted')).toBe(true);
    await page.keyboard.press('k');
    expect(await video(page, 'paused')).toBe(true);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.close();
  });

  it('says that a link has expired', async () => {
    const { page } = await open(`${service.api}/playback/${'A'.repeat(48)}`);
    await page.getByRole('alert').filter({ hasText: 'This link has expired' }).waitFor();
    await page.close();
  });
});

/*
 * Makes the pictures of streaming in docs/images: the form for a ladder, the page of its job, and the player.
 *   npx tsx scripts/docs/stream-pictures.ts [folder]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { projectRoot } from '../../src/config/root.ts';
import { openBrowser } from '../../testkit/browser.ts';
import { upload } from '../../testkit/media.ts';
import { invite, setUp } from '../../testkit/people.ts';
import { run } from '../../testkit/run.ts';
import { startService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';

const DESKTOP = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };
const OUTPUTS = [
  { name: 'stream', outputFormat: 'hls', ladder: [{ height: 360 }, { height: 240 }] },
  { name: 'poster', outputFormat: 'jpg', still: { at: 'best', width: 640 } },
  { name: 'sprite', outputFormat: 'sprite', every_seconds: 1 },
  { name: 'preview', outputFormat: 'webp', preview: { seconds: 2, width: 240 } },
  { name: 'waveform', outputFormat: 'png', waveform: { width: 600, height: 90 } },
];

const folder = process.argv[2] ?? join(projectRoot(), 'docs', 'images');
const scratch = mkdtempSync(join(tmpdir(), 'airlock-stream-'));
const VIDEO = join(scratch, 'flight-over-the-coast.mp4');
const service = await startService();
const browser = await openBrowser();
try {
  const job = await makeJob();
  const page = await setUp(browser, await invite(service, 'ada@example.org', 'operator', 'default'));
  await fillForm(page, DESKTOP, 'light');
  await shoot(page, 'dashboard-stream-form');
  await fillForm(page, PHONE, 'dark');
  await shoot(page, 'dashboard-stream-form-phone');
  await openJob(page, job, DESKTOP, 'light');
  await shoot(page, 'dashboard-stream-job');
  await shootPlayer(job, 'player-light', DESKTOP, 'light');
  await shootPlayer(job, 'player-dark', DESKTOP, 'dark');
  await shootPlayer(job, 'player-phone', PHONE, 'dark');
} finally {
  await browser.close();
  await service.remove();
  rmSync(scratch, { recursive: true, force: true });
}

/** Makes a completed job with every output that the page of a job can show, and returns its ID. */
async function makeJob(): Promise<string> {
  const scene = 'mandelbrot=s=640x360:r=25:start_scale=0.6:end_scale=0.05:end_pts=200:maxiter=200';
  const sound = 'aevalsrc=0.4*sin(2*PI*220*t)*abs(sin(2*PI*t/3)):s=48000:d=8';
  const codecs = ['-vf', 'hue=h=105:s=0.5', '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'];
  const inputs = [...['-f', 'lavfi', '-i', scene], ...['-f', 'lavfi', '-i', sound]];
  await run('ffmpeg', ['-v', 'error', '-y', ...inputs, '-t', '8', ...codecs, VIDEO], { timeout: 120_000 });
  const { fileUrl: url } = await upload(service, VIDEO, 'video/mp4', 'flight-over-the-coast.mp4');
  const body = { inputs: [{ url }], outputs: OUTPUTS };
  const { json } = await service.call('POST', '/v1/transcodes?wait=60', body);
  if (json.status !== 'completed') throw new Error(`The job is ${json.status}: ${json.error_message}`);
  return json.id;
}

type Size = typeof DESKTOP;
type Scheme = 'light' | 'dark';

async function fillForm(page: Page, size: Size, colorScheme: Scheme): Promise<void> {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.goto(`${service.api}/new`);
  await page.locator('input[type=file]').setInputFiles(VIDEO);
  await page.getByText('Ready', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Add output' }).click();
  const output = (number: number) => page.getByRole('region', { name: `Output ${number}`, exact: true });
  await output(1).getByText('Streaming', { exact: true }).click();
  await output(1).getByRole('button', { name: 'Chosen' }).click();
  await output(1).getByText('Encrypt the segments').click();
  await output(2).getByText('Scrub previews', { exact: true }).click();
  await page.getByText('Valid', { exact: true }).waitFor();
  await page.evaluate(`document.querySelector('[aria-label="Output 1"]').scrollIntoView()`);
}

async function openJob(page: Page, job: string, size: Size, colorScheme: Scheme): Promise<void> {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.goto(`${service.api}/jobs/${job}`);
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  // Waits for the pictures of the poster, the preview, the waveform and the sprite.
  await page.locator('.gallery img').nth(3).waitFor();
  await loaded(page, '.gallery img');
}

async function shootPlayer(job: string, name: string, size: Size, colorScheme: Scheme): Promise<void> {
  const { json } = await service.call('POST', `/v1/transcodes/${job}/playback`);
  const page = await browser.newPage({ viewport: size, colorScheme });
  await page.goto(json.page_url);
  await page.locator('#seek:enabled').waitFor();
  await page.evaluate('document.querySelector("video").currentTime = 2');
  await until(() => page.evaluate<boolean>('document.querySelector("video").readyState === 4'), { what: 'the video' });
  const { x, y, width, height } = (await page.locator('#seek').boundingBox())!;
  await page.mouse.move(x + 0.6 * width, y + height / 2);
  await loaded(page, '#picture img');
  await shoot(page, name);
  await page.close();
}

/** Waits until all pictures that a selector finds are loaded. */
async function loaded(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().waitFor();
  const images = `[...document.querySelectorAll(${JSON.stringify(selector)})]`;
  await until(() => page.evaluate<boolean>(`${images}.every((image) => image.complete)`), { what: selector });
}

async function shoot(page: Page, name: string): Promise<void> {
  const options = { type: 'jpeg', quality: 82, animations: 'disabled' } as const;
  await page.screenshot({ ...options, path: join(folder, `${name}.jpg`) });
  process.stdout.write(`${name}.jpg\n`);
}

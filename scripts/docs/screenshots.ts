/*
 * Makes the pictures in docs/images: starts a service with a few jobs, and photographs pages of the dashboard.
 *   npx tsx scripts/docs/screenshots.ts [folder]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { projectRoot } from '../../src/config/root.ts';
import { openBrowser } from '../../testkit/browser.ts';
import { makeClip, upload } from '../../testkit/media.ts';
import { invite, setUp } from '../../testkit/people.ts';
import { startService, type TestService } from '../../testkit/service.ts';

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

const folder = process.argv[2] ?? join(projectRoot(), 'docs', 'images');
const scratch = mkdtempSync(join(tmpdir(), 'airlock-screenshots-'));
const service = await startService();
const browser = await openBrowser();
try {
  const jobs = await makeJobs(service);
  const page = await setUp(browser, await invite(service, 'ada@example.org', 'operator', 'default'));
  await shoot(page, 'dashboard-jobs', {
    path: '/jobs',
    colorScheme: 'light',
    viewport: DESKTOP,
    prepare: waitForProgress,
  });
  await shoot(page, 'dashboard-job', {
    path: `/jobs/${jobs.failed}`,
    colorScheme: 'dark',
    viewport: DESKTOP,
    prepare: waitForDetails,
  });
  await shoot(page, 'dashboard-new-job', { path: '/new', colorScheme: 'light', viewport: PHONE, prepare: fillNewJob });
  await shoot(page, 'dashboard-security', { path: '/operator/security', colorScheme: 'dark', viewport: PHONE });
} finally {
  await browser.close();
  await service.remove();
  rmSync(scratch, { recursive: true, force: true });
}

/** Creates completed jobs, a failed job and a running job. */
async function makeJobs({ call }: TestService): Promise<{ failed: string }> {
  const create = async (name: string, seconds: number, body: object) => {
    const clip = await makeClip(join(scratch, name), { seconds, size: '1280x720' });
    const { fileUrl: url } = await upload(service, clip, 'video/mp4', name);
    const wait = seconds > 10 ? 0 : 60;
    return (await call('POST', `/v1/transcodes?wait=${wait}`, { inputs: [{ url }], ...body })).json.id as string;
  };
  await create('interview-raw.mp4', 3, { outputFormat: 'webm', preset: { quality: 'medium', resolution: '480p' } });
  await create('drone-over-lake.mp4', 2, { outputFormat: 'mp4', preset: { quality: 'high' } });
  await create('podcast-episode-12.mp4', 4, { outputFormat: 'mp3' });
  await create('product-teaser.mp4', 2, { outputFormat: 'jpg' });
  const crop = [{ option: '-vf', argument: 'crop=1080:1920' }];
  const failed = await create('portrait-cut.mp4', 2, { outputFormat: 'mp4', options: crop });
  await create('stage-left.mp4', 3, { outputFormat: 'gif', preset: { resolution: '480p' } });
  await create('onboarding-tour.mp4', 2, { outputFormat: 'mp4', preset: { quality: 'low', resolution: '480p' } });
  await create('keynote-2026.mp4', 60, { outputFormat: 'webm', preset: { quality: 'high' } });
  return { failed };
}

async function waitForProgress(page: Page): Promise<void> {
  await page.getByText(/^[1-9]\d? %.*left$/).waitFor();
}

async function waitForDetails(page: Page): Promise<void> {
  await page.getByText('Command, as planned').waitFor();
}

async function fillNewJob(page: Page): Promise<void> {
  const buffer = readFileSync(join(scratch, 'interview-raw.mp4'));
  await page.locator('input[type=file]').setInputFiles({ name: 'interview-raw.mp4', mimeType: 'video/mp4', buffer });
  await page.getByText('Ready', { exact: true }).waitFor();
  await page.getByText('Valid', { exact: true }).waitFor();
}

interface Shot {
  path: string;
  colorScheme: 'light' | 'dark';
  viewport: { width: number; height: number };
  prepare?: (page: Page) => Promise<void>;
}

async function shoot(page: Page, name: string, { path, colorScheme, viewport, prepare }: Shot): Promise<void> {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.goto(`${service.api}${path}`);
  await page.locator('h1').waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  await prepare?.(page);
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
  process.stdout.write(`${name}.png\n`);
}

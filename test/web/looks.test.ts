import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failures } from '../../src/contract/failures.ts';
import { openBrowser } from '../../testkit/browser.ts';
import { makeClip, upload } from '../../testkit/media.ts';
import { invite, setUp } from '../../testkit/people.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';
import { until } from '../../testkit/until.ts';
import { faultsOf } from './axe.ts';
import { boxesOf, boxOf, change, cutOff, misplacedWords } from './layout.ts';
import { overflowing } from './undeletable.ts';

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const REFUSED = 'http://127.0.0.1:9/archive/match.mp4';

let service: TestService & { account: string };
let browser: Browser;
let page: Page;
let clip: string;
/** The ids of two completed jobs. */
let jobs: { file: string; stream: string };
const folder = mkdtempSync(join(tmpdir(), 'airlock-looks-'));
beforeAll(async () => {
  [service, browser, clip] = await Promise.all([
    shareService(),
    openBrowser(),
    makeClip(join(folder, 'clip.mp4'), { seconds: 1 }),
  ]);
  const link = await invite(service, 'ada@looks.example', 'operator', service.account);
  const [signedIn, file, stream] = await Promise.all([
    setUp(browser, link),
    createJob('talk.mp4', { outputFormat: 'mp4', preset: { resolution: '480p' } }),
    createJob('stream.mp4', { outputFormat: 'hls', ladder: 'auto' }),
  ]);
  page = signedIn;
  jobs = { file, stream };
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(path: string, viewport = DESKTOP): Promise<void> {
  await page.setViewportSize(viewport);
  await page.goto(service.api + path);
  await page.locator('h1').waitFor();
}

/** A page of the same person with clocks of its own. */
async function openTab(): Promise<Page> {
  const context = await browser.newContext({ storageState: await page.context().storageState(), viewport: DESKTOP });
  return context.newPage();
}

async function createJob(name: string, body: object): Promise<string> {
  const { fileUrl: url } = await upload(service, clip, 'video/mp4', name);
  const { json } = await service.call('POST', '/v1/transcodes?wait=60', { inputs: [{ url }], ...body });
  expect(json.status).toBe('completed');
  return json.id;
}

describe('the list of jobs', () => {
  it('shows every status in full at all window widths, and its filters in one row', async () => {
    const retry = { attempt: 2, of: 3, at: new Date().toISOString(), error_code: 'source_unreachable' };
    const states = ['pending', 'processing', 'completed', 'failed', 'canceled', 'awaiting_review', 'retrying'];
    await change(page, /\/v1\/jobs\?/, (body) => {
      const [job] = body.items;
      if (!job) return;
      body.items = states.map((status, index) => ({
        ...{ ...job, id: job.id.slice(0, -1) + index },
        ...(status === 'retrying' ? { status: 'pending', retry } : { status }),
      }));
      body.total = states.length;
    });
    await open('/jobs');
    await page.getByText('Awaiting review').waitFor();
    await page.getByText('Retrying').waitFor();
    for (const width of [1600, 1280, 1000, 840, 800, 600, 390, 320]) {
      await page.setViewportSize({ width, height: 900 });
      expect([width, await cutOff(page.locator('.row-status, .badge')), await overflowing(page)]).toEqual([
        ...[width, [], []],
      ]);
      const overlaps = await page
        .locator('.row-status')
        .evaluateAll(
          (cells) =>
            cells.filter((cell) => cell.querySelector('.badge')!.getBoundingClientRect().width > cell.clientWidth + 1)
              .length,
        );
      expect([width, overlaps]).toEqual([width, 0]);
    }
    await page.setViewportSize(DESKTOP);
    const tops = async () => {
      const controls = page.locator('.toolbar').locator('fieldset, select, input');
      const boxes = await Promise.all((await controls.all()).map((one) => one.boundingBox()));
      return new Set(boxes.flatMap((box) => (box ? [Math.round((box.y + box.height / 2) / 8)] : []))).size;
    };
    expect(await tops()).toBe(1);
    await page.setViewportSize(PHONE);
    expect(await tops()).toBe(2);
    await Promise.all([
      page.waitForResponse(/status=failed/),
      page.getByRole('combobox', { name: 'Status' }).selectOption('Failed'),
    ]);
    await page.unrouteAll();
  });

  it('shows the file and the blueprint of a run', async () => {
    const { fileUrl } = await upload(service, clip, 'video/mp4', 'product-spin.mp4');
    const body = { video_url: fileUrl };
    const { json } = await service.call('POST', '/v1/blueprints/video-to-gif/runs?wait=60', body);
    expect(json.status).toBe('completed');
    await open('/jobs');
    await page.getByRole('row', { name: /^product-spin\.mp4 ?Video to GIF/ }).waitFor();
    await open('/blueprints');
    await page.getByRole('row', { name: /^product-spin\.mp4 Video to GIF Completed/ }).waitFor();
    await open(`/jobs/blueprints/runs/${json.id}`);
    await page.getByRole('heading', { level: 1, name: 'product-spin.mp4' }).waitFor();
    await page.locator('main').getByRole('link', { name: 'Video to GIF' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });
});

describe('the page of a job', () => {
  it('shows no past time in the future if the clock of the browser is ten minutes late', async () => {
    const late = await openTab();
    await late.addInitScript('{ const now = Date.now; Date.now = () => now() - 600_000; }');
    await late.goto(`${service.api}/jobs/transcodes/${jobs.file}`);
    const timeline = late.getByRole('region', { name: 'Timeline' });
    await timeline.getByText('Completed', { exact: true }).waitFor();
    const times = await timeline.locator('time').allTextContents();
    expect(times.filter((text) => !/^just now$|seconds ago$/.test(text))).toEqual([]);
    await late.getByText(/^, deleted in 23 hours$/).waitFor();
    await late.context().close();
  });

  it('states until when the outputs of a stream are kept', async () => {
    await open(`/jobs/transcodes/${jobs.stream}`);
    const about = page.getByRole('region', { name: 'About' });
    await about.getByText('Kept until').waitFor();
    expect(await about.getByText(/^, deleted in 23 hours$/).count()).toBe(1);
  });

  it('states which attempt the job waits for, why the last attempt failed and what to do', async () => {
    const { json } = await service.call('POST', '/v1/transcodes', { inputs: [{ url: REFUSED }], outputFormat: 'mp4' });
    const database = await openServiceDatabase(service);
    const postpone = `UPDATE jobs SET available_at = now() + interval '40 s'
      WHERE id = $1 AND status = 'pending' AND attempts = 1`;
    await until(async () => (await database.query(postpone, [json.id])).rowCount === 1, { what: 'a failed attempt' });
    await database.end();
    await open(`/jobs/transcodes/${json.id}`);
    const input = page.getByRole('region', { name: 'Input' });
    await input.getByText(REFUSED).waitFor();
    expect(await input.getByRole('term').allTextContents()).toEqual(['Source']);
    const progress = page.getByRole('region', { name: 'Progress' });
    await progress.getByText('Waiting for attempt 2 of 3').waitFor();
    await progress.getByText(/starts in \d+ seconds/).waitFor();
    await progress.getByText('source_unreachable').waitFor();
    await progress.getByText(failures.source_unreachable.advice).waitFor();
    await page.getByText('Retrying', { exact: true }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await service.call('PATCH', `/v1/transcodes/${json.id}/cancel`);
  });

  it('shows the remedy of a transcription that failed', async () => {
    const { json } = await service.call('GET', `/v1/transcodes/${jobs.file}`);
    const error_message = 'The input has no audio.';
    const error_advice = failures.no_audio_stream.advice;
    const failed = { status: 'failed', error_code: 'no_audio_stream', error_message, error_advice };
    await page.route(/\/v1\/transcribe\//, (route) =>
      route.fulfill({
        json: route.request().url().includes('/events') ? { events: [] } : { ...json, ...failed, outputs: [] },
      }),
    );
    await open(`/jobs/transcribe/${json.id}`);
    const alert = page.getByRole('alert');
    await alert.getByText(error_message).waitFor();
    await alert.getByText(error_advice).waitFor();
    await page.unrouteAll();
  });

  it('breaks a command between two options, and cuts no line in half', async () => {
    await open(`/jobs/transcodes/${jobs.file}`);
    const command = page.getByRole('region', { name: 'Command', exact: true });
    await command.waitFor();
    for (const viewport of [DESKTOP, PHONE]) {
      await page.setViewportSize(viewport);
      const broken = await command.locator('.command > span').evaluateAll((options) =>
        options.flatMap((option) => {
          const range = option.ownerDocument.createRange();
          range.selectNodeContents(option);
          const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
          const isShort = option.textContent!.length < 30;
          return isShort && lines.size > 1 ? [option.textContent!] : [];
        }),
      );
      expect(broken).toEqual([]);
      const rest = await command.evaluate((element) => {
        const { lineHeight, paddingTop } = element.ownerDocument.defaultView!.getComputedStyle(element);
        const lines = (element.clientHeight - Number.parseFloat(paddingTop)) / Number.parseFloat(lineHeight);
        return element.scrollHeight > element.clientHeight + 1 ? Math.abs(lines - Math.round(lines)) : 0;
      });
      expect(rest).toBeLessThan(0.06);
    }
    const more = page.getByRole('button', { name: 'Show all of command' });
    await more.press('Enter');
    await page.getByRole('button', { name: 'Show less of command' }).waitFor();
    expect(await command.textContent()).toContain('/out/output.mp4');
    expect(await faultsOf(page)).toEqual([]);
  });
});

describe('the form for a new job', () => {
  it('shows neither "Valid" nor a notice before there is a source', async () => {
    await Promise.all([page.waitForResponse(/transcodes\/validate/), open('/new')]);
    await page.getByText('The exact commands appear here when you add a source.').waitFor();
    expect(await page.locator('main').getByText('Valid', { exact: true }).count()).toBe(0);
    expect(await page.locator('main .notice').count()).toBe(0);
    const headings = await page
      .locator('main :is(h1, h2, h3, label:not(.chip, .drop), legend:not(.hidden-text))')
      .allTextContents();
    expect(headings.filter((text, index) => headings.indexOf(text) !== index)).toEqual([]);
  });

  it('shows a program in complete lines next to its copy button, at all window widths', async () => {
    await open('/new');
    const request = page.getByRole('region', { name: 'Request' });
    const copy = page.getByRole('button', { name: 'Copy request' });
    await page.getByRole('button', { name: 'Show all of request' }).click();
    for (const language of ['curl', 'TypeScript', 'Python']) {
      await page.getByRole('button', { name: language, exact: true }).click();
      expect(await request.textContent()).toContain('\n');
      for (const width of [1280, 1070, 400, 320]) {
        await page.setViewportSize({ width, height: 900 });
        expect([language, width, await misplacedWords(request, copy)]).toEqual([language, width, []]);
        expect(await overflowing(page)).toEqual([]);
      }
    }
  });

  it('shows its button without scrolling in a window of a desktop and of a phone', async () => {
    await open('/new');
    const buffer = readFileSync(clip);
    await page.locator('input[type=file]').setInputFiles({ name: 'a.mp4', mimeType: 'video/mp4', buffer });
    await page.getByText('Valid', { exact: true }).waitFor({ state: 'attached' });
    for (const viewport of [DESKTOP, PHONE]) {
      await page.setViewportSize(viewport);
      const { y, height } = await boxOf(page.getByRole('button', { name: 'Create job' }));
      expect(y).toBeGreaterThan(0);
      expect(y + height).toBeLessThanOrEqual(viewport.height);
      expect(await overflowing(page)).toEqual([]);
    }
    expect(await faultsOf(page)).toEqual([]);
  });
});

describe('the form of a blueprint', () => {
  it('shows code in its help as code, and no help text that repeats a label', async () => {
    await open('/blueprints/caption-video');
    await page.locator('.hint code', { hasText: /^en$/ }).waitFor();
    expect(await page.locator('main').textContent()).not.toMatch(/`|The video\./);
    await page.getByRole('button', { name: 'Bold bottom' }).waitFor();
  });
});

describe('the pages of the operator', () => {
  const now = Date.now();
  const points = [40, 20, 0].map((minutes, index) => ({
    at: new Date(now - minutes * 60_000).toISOString(),
    ...{ waiting: index * 4, running: index, slots: 4, stored_bytes: 5e6 * index, spare_bytes: 1e9 },
  }));

  it.each([
    ['queue', '0 to 8'],
    ['workers', '0 to 2'],
    ['storage', '0 B to 10.0 MB'],
  ])('show the last hour of the %s, update it without a click, and fit a phone', async (name, range) => {
    const tab = await openTab();
    await tab.clock.install();
    await change(tab, /\/v1\/admin\/history/, (body) => Object.assign(body, { points }));
    await tab.goto(`${service.api}/operator/${name}`);
    const hour = tab.getByRole('region', { name: 'Last hour' });
    await hour.getByText(range).waitFor();
    await hour.locator('canvas').waitFor();
    const next = tab.waitForResponse(new RegExp(`/v1/admin/${name}`));
    await tab.clock.fastForward(3000);
    await next;
    expect(await faultsOf(tab)).toEqual([]);
    await tab.setViewportSize(PHONE);
    expect(await overflowing(tab)).toEqual([]);
    await tab.context().close();
  });

  it.each(['/operator/queue', '/operator/storage', '/usage'])(
    'the pages of the operator and of an account show their figures in rows and columns without a gap: %s',
    async (path) => {
      await open(path, { width: 1070, height: 800 });
      const values = await boxesOf(page.locator('.tile .value'));
      expect(new Set(values.map(({ y }) => y)).size).toBe(1);
      await page.setViewportSize(PHONE);
      const boxes = await boxesOf(page.locator('.tile'));
      expect(new Set(boxes.map(({ x, width }) => `${x} ${width}`)).size).toBe(1);
      expect(await overflowing(page)).toEqual([]);
    },
  );

  it('show the jobs of each class and account that wait, run and await another event', async () => {
    const counts = { waiting: 3, running: 2, awaiting: 7 };
    await change(page, /\/v1\/admin\/queue/, (body) => {
      const lanes = [{ name: 'light', ...counts, oldest_seconds: 75 }];
      Object.assign(body, { ...counts, lanes, accounts: [{ id: '1', name: 'news', ...counts }] });
    });
    await open('/operator/queue');
    await page.getByRole('region', { name: 'Awaiting' }).getByText('7', { exact: true }).waitFor();
    await page.getByRole('row', { name: 'Class Waiting Running Awaiting Longest wait' }).waitFor();
    await page.getByRole('row', { name: 'light 3 2 7 1:15' }).waitFor();
    await page.getByRole('row', { name: 'news 3 2 7' }).waitFor();
    await page.unrouteAll();
  });

  it('show "Add account" above the accounts, and dialogs that "Cancel" closes', async () => {
    await open('/operator/accounts');
    const add = page.getByRole('button', { name: 'Add account' });
    const table = await boxOf(page.getByRole('table'));
    expect((await boxOf(add)).y).toBeLessThan(table.y);
    await add.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click();
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it.each([
    [
      { state: 'newer', candidate: '7.1.9', security: true, lists_from: null, reason: null },
      /Install the newer package 7\.1\.9/,
    ],
    [{ state: 'current', candidate: null, security: false, lists_from: null, reason: null }, /no newer package/],
  ])('explain how to fix a known vulnerability if the package is %j', async (update, remedy) => {
    await change(page, /\/v1\/security$/, ({ ffmpeg }) => {
      const open = [{ cve: 'CVE-2026-1', what: 'A decoder reads beyond its buffer' }];
      Object.assign(ffmpeg, { update, advisories: { table: '2026-11-01', open, fixed: [], unknown: [] } });
    });
    await open('/operator/security');
    await page.getByRole('alert').getByText(remedy).waitFor();
    await page.unrouteAll();
  });
});

describe('on a phone', () => {
  it('the search of the documentation has a label', async () => {
    await open('/docs', PHONE);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    // A placeholder is a name too, but browsers hide it as soon as a person types.
    await page.getByLabel('Search the documentation', { exact: true }).waitFor();
  });

  it('the video of the player starts at the top of the page', async () => {
    const { json } = await service.call('POST', `/v1/transcodes/${jobs.stream}/playback`, {});
    await page.setViewportSize(PHONE);
    await page.goto(json.page_url);
    await until(async () => (await page.locator('video').boundingBox())?.y === 0, { what: 'the video at the top' });
  });
});

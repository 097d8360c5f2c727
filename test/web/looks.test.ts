import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../testkit/browser.ts';
import { makeClip, upload } from '../../testkit/media.ts';
import { invite, setUp } from '../../testkit/people.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { faultsOf } from './axe.ts';
import { overflowing } from './undeletable.ts';

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const REFUSED = 'http://127.0.0.1:9/archive/match.mp4';

let service: TestService & { account: string };
let browser: Browser;
let page: Page;
let clip: string;
const folder = mkdtempSync(join(tmpdir(), 'airlock-looks-'));
beforeAll(async () => {
  [service, browser, clip] = await Promise.all([
    shareService(),
    openBrowser(),
    makeClip(join(folder, 'clip.mp4'), { seconds: 1 }),
  ]);
  page = await setUp(browser, await invite(service, 'ada@looks.example', 'operator', service.account));
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Changes the responses at a path until the page is left. */
// biome-ignore lint/suspicious/noExplicitAny: responses are changed field by field
async function change(path: RegExp, edit: (body: any) => void): Promise<void> {
  await page.route(path, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    edit(body);
    await route.fulfill({ response, json: body });
  });
}

async function open(path: string, viewport = DESKTOP): Promise<void> {
  await page.setViewportSize(viewport);
  await page.goto(service.api + path);
  await page.locator('h1').waitFor();
}

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error('the element is not visible');
  return box;
}

/** Returns the texts of elements that are too narrow for their text. */
function cutOff(locator: Locator): Promise<string[]> {
  return locator.evaluateAll((elements) =>
    elements.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent ?? ''),
  );
}

async function createJob(name: string, body: object): Promise<string> {
  const { fileUrl: url } = await upload(service, clip, 'video/mp4', name);
  const { json } = await service.call('POST', '/v1/transcodes?wait=30', { inputs: [{ url }], ...body });
  return json.id;
}

describe('the list of jobs', () => {
  it('shows every status in full at all window widths, and its filters in one row', async () => {
    await createJob('talk.mp4', { outputFormat: 'jpg' });
    const retry = { attempt: 2, of: 3, at: new Date().toISOString(), error_code: 'source_unreachable' };
    const states = ['pending', 'processing', 'completed', 'failed', 'canceled', 'awaiting_review', 'retrying'];
    await change(/\/v1\/jobs\?/, (body) => {
      const [job] = body.items;
      if (!job) return;
      body.items = states.map((status, index) => ({
        ...{ ...job, id: job.id.slice(0, -1) + index },
        ...(status === 'retrying' ? { status: 'pending', retry } : { status }),
      }));
      body.total = states.length;
    });
    for (const width of [1600, 1280, 1000, 840, 800, 600, 390, 320]) {
      await open('/jobs', { width, height: 900 });
      await page.getByText('Awaiting review').waitFor();
      await page.getByText('Retrying').waitFor();
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
    await page.getByRole('combobox', { name: 'Status' }).selectOption('Failed');
    await page.waitForResponse(/status=failed/);
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
    const id = await createJob('late.mp4', { outputFormat: 'mp4' });
    const context = await browser.newContext({ storageState: await page.context().storageState() });
    const late = await context.newPage();
    await late.addInitScript('{ const now = Date.now; Date.now = () => now() - 600_000; }');
    await late.goto(`${service.api}/jobs/transcodes/${id}`);
    const timeline = late.getByRole('region', { name: 'Timeline' });
    await timeline.getByText('Completed', { exact: true }).waitFor();
    const times = await timeline.locator('time').allTextContents();
    expect(times.filter((text) => !/^just now$|seconds ago$/.test(text))).toEqual([]);
    await late.getByText(/^, deleted in 23 hours$/).waitFor();
    await context.close();
  });

  it('states until when the outputs of a stream are kept', async () => {
    const id = await createJob('stream.mp4', { outputFormat: 'hls', ladder: 'auto' });
    await open(`/jobs/transcodes/${id}`);
    const about = page.getByRole('region', { name: 'About' });
    await about.getByText('Kept until').waitFor();
    expect(await about.getByText(/^, deleted in 23 hours$/).count()).toBe(1);
  });

  it('states which attempt the job waits for, why the last attempt failed and what to do', async () => {
    const { json } = await service.call('POST', '/v1/transcodes', { inputs: [{ url: REFUSED }], outputFormat: 'mp4' });
    await service.call('PATCH', `/v1/transcodes/${json.id}/cancel`);
    await open(`/jobs/transcodes/${json.id}`);
    const input = page.getByRole('region', { name: 'Input' });
    await input.getByText(REFUSED).waitFor();
    expect(await input.getByRole('term').allTextContents()).toEqual(['Source']);
    const at = new Date(Date.now() + 40_000).toISOString();
    const error_advice = 'Check that the URL is public.';
    await change(new RegExp(`/v1/transcodes/${json.id}$`), (body) => {
      Object.assign(body, { status: 'pending', completed_at: null });
      body.retry = { attempt: 2, of: 3, at, error_code: 'source_unreachable', error_advice };
    });
    await page.reload();
    const progress = page.getByRole('region', { name: 'Progress' });
    await progress.getByText('Waiting for attempt 2 of 3').waitFor();
    await progress.getByText(/starts in \d+ seconds/).waitFor();
    await progress.getByText('source_unreachable').waitFor();
    await progress.getByText(error_advice).waitFor();
    await page.getByText('Retrying', { exact: true }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.unrouteAll();
  });

  it('breaks a command between two options, and cuts no line in half', async () => {
    const id = await createJob('command.mp4', { outputFormat: 'mp4', preset: { resolution: '480p' } });
    for (const viewport of [DESKTOP, PHONE]) {
      await open(`/jobs/transcodes/${id}`, viewport);
      const command = page.getByRole('region', { name: 'Command', exact: true });
      await command.waitFor();
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
    expect(await page.getByRole('region', { name: 'Command', exact: true }).textContent()).toContain('/out/output.mp4');
    expect(await faultsOf(page)).toEqual([]);
  });
});

describe('the form for a new job', () => {
  it('shows neither "Valid" nor a notice before there is a source', async () => {
    await open('/new');
    await page.waitForResponse(/transcodes\/validate/);
    await page.getByText('The exact commands appear here when you add a source.').waitFor();
    expect(await page.locator('main').getByText('Valid', { exact: true }).count()).toBe(0);
    expect(await page.locator('main .notice').count()).toBe(0);
    const headings = await page
      .locator('main :is(h1, h2, h3, label:not(.chip, .drop), legend:not(.hidden-text))')
      .allTextContents();
    expect(headings.filter((text, index) => headings.indexOf(text) !== index)).toEqual([]);
  });

  it.each([DESKTOP, PHONE])('shows its button without scrolling in a window of $width pixels', async (viewport) => {
    await open('/new', viewport);
    const buffer = readFileSync(clip);
    await page.locator('input[type=file]').setInputFiles({ name: 'a.mp4', mimeType: 'video/mp4', buffer });
    await page.getByText('Valid', { exact: true }).waitFor({ state: 'attached' });
    const { y, height } = await boxOf(page.getByRole('button', { name: 'Create job' }));
    expect(y).toBeGreaterThan(0);
    expect(y + height).toBeLessThanOrEqual(viewport.height);
    expect(await overflowing(page)).toEqual([]);
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
  ])('show the last hour of the %s, and update it without a click', async (name, range) => {
    await change(/\/v1\/admin\/history/, (body) => {
      body.points = points;
    });
    await open(`/operator/${name}`);
    const hour = page.getByRole('region', { name: 'Last hour' });
    await hour.getByText(range).waitFor();
    await hour.locator('canvas').waitFor();
    await page.waitForResponse(new RegExp(`/v1/admin/${name}`));
    expect(await faultsOf(page)).toEqual([]);
    await page.unrouteAll();
  });

  it.each(['/operator/queue', '/operator/storage', '/usage'])(
    'the pages of the operator and of an account show their figures without a gap on a phone: %s',
    async (path) => {
      await open(path, PHONE);
      await page.locator('.tile').first().waitFor();
      const boxes = await Promise.all((await page.locator('.tile').all()).map(boxOf));
      expect(new Set(boxes.map(({ x, width }) => `${x} ${width}`)).size).toBe(1);
      expect(await overflowing(page)).toEqual([]);
    },
  );

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
    await change(/\/v1\/security$/, ({ ffmpeg }) => {
      const open = [{ cve: 'CVE-2026-1', what: 'A decoder reads beyond its buffer' }];
      Object.assign(ffmpeg, { update, advisories: { table: '2026-11-01', open, fixed: [], unknown: [] } });
    });
    await open('/operator/security');
    await page.getByRole('alert').getByText(remedy).waitFor();
    await page.unrouteAll();
  });
});

describe('a page for an unknown address', () => {
  it('is shown to a person within the design of the dashboard, and repeats nothing of the address', async () => {
    const response = await page.goto(`${service.api}/<img src=x onerror=alert(1)>?nope=secret`);
    expect([response!.status(), response!.headers()['cache-control']]).toEqual([404, 'no-store']);
    expect(response!.headers()['content-security-policy']).toMatch(/^default-src 'none'; style-src 'self'/);
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
    expect(await page.content()).not.toMatch(/onerror|secret/);
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'Open the dashboard' }).click();
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
  });

  it.each(['/v1/nope', '/v1?nope'])(
    'is not shown for an address of the API, which sends its error to a browser as well: %s',
    async (path) => {
      const { status, json } = await service.call('GET', path, undefined, { accept: 'text/html,*/*' });
      expect([status, json.code]).toEqual([404, 'not_found']);
    },
  );

  it('is replaced by JSON for programs, and for people who send anything but GET', async () => {
    for (const [method, accept] of [
      ['GET', '*/*'],
      ['POST', 'text/html'],
    ] as const) {
      const { status, json } = await service.call(method, '/nope', undefined, { accept });
      expect([status, json.code]).toEqual([404, 'not_found']);
    }
  });
});

describe('the consent page', () => {
  it('looks like the sign-in page, in light and dark colors, and on a phone', async () => {
    const redirect_uri = 'https://assistant.example/callback';
    const client = { client_name: 'Assistant', redirect_uris: [redirect_uri] };
    const { client_id } = (await service.call('POST', '/oauth/register', client)).json;
    const query = new URLSearchParams({
      ...{ client_id, redirect_uri, response_type: 'code', scope: 'transcode upload read admin' },
      ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256', bounced: '1' },
    });
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ colorScheme, viewport: PHONE });
      const own = await context.newPage();
      const looksOf = (name: string) =>
        own.getByRole('button', { name, exact: true }).evaluate((button) => {
          const view = button.ownerDocument.defaultView!;
          const { backgroundColor, color, fontFamily, borderRadius } = view.getComputedStyle(button);
          return {
            backgroundColor,
            color,
            fontFamily,
            borderRadius,
            page: view.getComputedStyle(button.ownerDocument.documentElement).backgroundColor,
          };
        });
      await own.goto(`${service.api}/jobs`);
      await own.getByRole('heading', { name: 'Sign in' }).waitFor();
      const looks = await looksOf('Sign in');
      await own.goto(`${service.api}/oauth/authorize?${query}`);
      await own.getByRole('heading', { name: /Allow .*Assistant.* to use Airlock\?/ }).waitFor();
      expect(await looksOf('Allow')).toEqual(looks);
      await own.locator('.brand svg').waitFor();
      expect(await overflowing(own)).toEqual([]);
      expect(await faultsOf(own)).toEqual([]);
      await context.close();
    }
  });
});

describe('on a phone', () => {
  it('the search of the documentation has a label', async () => {
    await open('/docs', PHONE);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('combobox', { name: 'Search the documentation' }).waitFor();
  });

  it('the video of the player starts at the top of the page', async () => {
    const id = await createJob('play.mp4', { outputFormat: 'hls', ladder: 'auto' });
    const { json } = await service.call('POST', `/v1/transcodes/${id}/playback`, {});
    await page.setViewportSize(PHONE);
    await page.goto(json.page_url);
    await until(async () => (await page.locator('video').boundingBox())?.y === 0, { what: 'the video at the top' });
  });
});

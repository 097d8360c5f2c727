import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../testkit/browser.ts';
import { makeClip } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { loadServer, startSite, uploadBriefly, uploadByHand, uploadPlainly, uploadWithUppy } from './uppy-page.ts';

const PADDING = 20 * 2 ** 20;

let service: TestService;
let browser: Browser;
let site: Awaited<ReturnType<typeof startSite>>;
let server: Awaited<ReturnType<typeof loadServer>>;
let folder: string;
let clip: string;
beforeAll(async () => {
  [service, browser, site] = await Promise.all([shareService(), openBrowser(), startSite()]);
  folder = await mkdtemp(join(tmpdir(), 'airlock-upload-page-'));
  server = await loadServer(service.api, service.key);
  clip = readFileSync(await makeClip(join(folder, 'clip.mp4'))).toString('base64');
});
afterAll(async () => {
  await site?.close();
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(path: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${site.origin}/${path}`);
  return page;
}
/** Requests an upload URL from a page, and returns the body of the response. */
async function post(page: Page, token: string, body: object) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const text = await page.evaluate(async ([url, init]) => (await fetch(url, init)).text(), [
    `${service.api}/v1/upload/presigned-url`,
    { method: 'POST', headers, body: JSON.stringify(body) },
  ] as const);
  return JSON.parse(text);
}
const tokenFor = async (origin: string) => (await server.createToken(origin)).token;

describe('a page of another origin', () => {
  it('uploads a file with the documented code, and its server creates the job', async () => {
    const page = await open('plain');
    const { id: tokenId, token } = await server.createToken(site.origin);
    const { fileUrl, progress } = await uploadPlainly(page, { url: service.api, token, clip });
    expect([fileUrl, progress]).toEqual([expect.stringMatching(/^gs:/), 1]);
    const other = await server.createToken(site.origin);
    await expect(server.createJob(fileUrl, other.id)).rejects.toThrow('did not upload');
    const { id } = await server.createJob(fileUrl, tokenId);
    const { json } = await service.call('GET', `/v1/transcodes/${id}?wait=60`);
    expect(json.status).toBe('completed');
  });

  it('uploads a file that a person selects on the documented page, and shows errors', async () => {
    const page = await open('index.html');
    const file = join(folder, 'clip.mp4');
    const token = await tokenFor(site.origin);
    expect(await uploadByHand(page, { url: service.api, token, file })).toMatch(/^gs:/);
    await page.reload();
    expect(await uploadByHand(page, { url: service.api, token: `${token}x`, file })).toContain(
      'no complete upload token',
    );
    await page.close();
  });

  it('uploads a file with the documented function for Uppy', async () => {
    const page = await open('uppy6');
    const token = await tokenFor(site.origin);
    expect(await uploadBriefly(page, { url: service.api, token, clip })).toMatch(/^gs:/);
    await page.close();
  });

  it.each(['uppy6', 'uppy5'])('uploads a file in parts with %s, pauses, resumes and confirms', async (path) => {
    const page = await open(path);
    const token = await tokenFor(site.origin);
    const done = await uploadWithUppy(page, { url: service.api, token, clip, padding: PADDING });
    expect(done.errors).toEqual([]);
    expect(done.files).toEqual([{ size: done.bytes, uploadURL: expect.stringMatching(/^gs:/) }]);
    const [begin, list, confirm] = [
      'POST /v1/upload/multipart',
      'GET /v1/upload/multipart/ID',
      'POST /v1/upload/confirm',
    ];
    expect([done.calls[0], done.calls.at(-1)]).toEqual([begin, confirm]);
    expect(done.calls.filter((call) => call === begin)).toHaveLength(1);
    expect(done.calls).toContain(list);
    await page.close();
  });

  it('can read why a token is rejected: the token is unknown, incomplete or for another origin', async () => {
    const page = await open('plain');
    const foreign = await tokenFor('https://app.example.com');
    for (const [token, reason] of [
      [foreign, 'the upload token does not exist, or was created for another origin'],
      [foreign.slice(0, -1), 'the request has no complete upload token'],
      ['garbage', 'the request has no complete upload token'],
    ] as const) {
      await expect(uploadPlainly(page, { url: service.api, token, clip })).rejects.toThrow(reason);
    }
    await page.close();
  });

  it('can read why storage rejects a file: the size differs, or the URL has no signature', async () => {
    const page = await open('plain');
    const token = await tokenFor(site.origin);
    const body = { filename: 'a.mp4', content_type: 'video/mp4', file_size: 4 };
    const { uploadUrl } = (await post(page, token, body)).result;
    const put = (url: string, size: number) =>
      page.evaluate(
        async ([to, bytes]) => {
          const body = new Uint8Array(bytes);
          const response = await fetch(to, { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body });
          return [response.status, (await response.text()).match(/<Code>(\w+)/)?.[1]];
        },
        [url, size] as const,
      );
    expect(await put(uploadUrl, 2_000_000)).toEqual([400, 'EntityTooLarge']);
    expect(await put(uploadUrl.split('?')[0], 4)).toEqual([403, 'AccessDenied']);
    await page.close();
  });

  it('a page without an origin can read that the missing origin is the reason for the rejection', async () => {
    const page = await browser.newPage();
    const file = join(folder, 'local.html');
    await writeFile(file, '<!doctype html><title>Local file</title>');
    await page.goto(`file://${file}`);
    const token = await tokenFor(site.origin);
    const { code, details } = await post(page, token, {});
    expect([code, details.reason]).toEqual([
      'unauthorized',
      'the page has no origin, like a local file or a sandboxed frame',
    ]);
    await page.close();
  });
});

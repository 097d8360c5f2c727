import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePlaybackToken } from '../../src/jobs/playback.ts';
import { treeFileKey } from '../../src/storage/keys.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { completeTree, ladderOf } from '../helpers/trees.ts';

const SEGMENT = 'high/00001.ts';
const HOUR_MS = 3_600_000;

let api: TestApi;
let origin: string;
beforeAll(async () => {
  api = await startApi();
  origin = await api.listen();
});
afterAll(() => api?.close());

/** Creates a completed job whose output is a ladder. */
async function makeLadder(account = api.account) {
  const tree = await completeTree(api, ladderOf(4), account);
  const { rows } = await api.database.pg.query(
    `UPDATE job_outputs SET role = 'ladder' WHERE job_id = $1 RETURNING id`,
    [tree.id],
  );
  return { ...tree, outputId: rows[0].id as string };
}

const SPRITE = new Map([
  ['sprite.vtt', 'WEBVTT'],
  ['sprite-1.jpg', 'picture'],
]);

/** Creates a completed job with a ladder and a sprite. */
async function makeLadderWithSprite() {
  const [ladder, sprite] = [await makeLadder(), await completeTree(api, SPRITE)];
  await api.database.pg.query(`UPDATE job_outputs SET job_id = $1, position = 1, role = 'sprite' WHERE job_id = $2`, [
    ladder.id,
    sprite.id,
  ]);
  await api.database.pg.query('UPDATE objects SET job_id = $1 WHERE job_id = $2', [ladder.id, sprite.id]);
  return ladder;
}

const play = ({ path, headers }: { path: string; headers: Record<string, string> }, body?: object) =>
  api.call('POST', `${path}/playback`, body, headers);
/** Sends a request as a player does: without a key, from a page of another site. */
const get = (url: string) =>
  fetch(url.replace(/^http:\/\/[^/]+(?=\/playback\/)/, origin), {
    headers: { origin: 'https://shop.example', accept: '*/*' },
    redirect: 'manual',
  });
const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];

describe('POST /v1/transcodes/{id}/playback', () => {
  it('returns URLs that need no key, and the time when they expire', async () => {
    const { status, json, headers } = await play(await makeLadder(), { expires_in: 600 });
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(json).toEqual({
      url: json.hls_url,
      hls_url: `${json.page_url}/master.m3u8`,
      dash_url: null,
      thumbnails_track: null,
      page_url: expect.stringMatching(/^http:\/\/.+\/playback\/[\w-]{48}$/),
      expires_at: expect.any(String),
    });
    const left = Date.parse(json.expires_at) - Date.now();
    expect(left).toBeGreaterThan(590_000);
    expect(left).toBeLessThanOrEqual(600_000);
  });

  it('needs no body, and returns URLs that expire after six hours, or earlier if the output is deleted earlier', async () => {
    const ladder = await makeLadder();
    const end = async () => Date.parse((await play(ladder)).json.expires_at) - Date.now();
    await api.database.pg.query(`UPDATE jobs SET expires_at = now() + interval '1 day' WHERE id = $1`, [ladder.id]);
    expect(Math.round((await end()) / HOUR_MS)).toBe(6);
    await api.database.pg.query(`UPDATE jobs SET expires_at = now() + interval '1 hour' WHERE id = $1`, [ladder.id]);
    expect(Math.round((await end()) / HOUR_MS)).toBe(1);
  });

  it('rejects an output that is not a ladder, a job of another account, and an expiry out of bounds', async () => {
    const other = await completeTree(api, new Map([['a.txt', 'text']]));
    const rejected = await play(other);
    expect([rejected.status, rejected.json.details.field]).toEqual([400, 'output']);
    const ladder = await makeLadder();
    const stranger = { authorization: `Bearer ${await api.makeKey({ account: await api.makeAccount() })}` };
    expect((await play({ ...ladder, headers: stranger })).status).toBe(404);
    for (const expires_in of [0, 59, 86_401, 1.5, '600'])
      expect((await play(ladder, { expires_in })).json.details.field).toBe('expires_in');
    expect((await play(ladder, { output: 'hls' })).json.details).toMatchObject({ field: 'output', accepted: ['mp4'] });
  });
});

describe('a playback URL', () => {
  it('serves playlists to pages of every site, and redirects requests for all other files to signed links', async () => {
    const { json } = await play(await makeLadder());
    const playlist = await get(json.hls_url);
    expect([playlist.status, playlist.headers.get('content-type')]).toEqual([200, 'application/vnd.apple.mpegurl']);
    expect(playlist.headers.get('access-control-allow-origin')).toBe('*');
    expect(playlist.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(await playlist.text()).toBe('#EXTM3U');
    const redirect = await get(`${json.page_url}/${SEGMENT}`);
    expect([redirect.status, redirect.headers.get('access-control-allow-origin')]).toEqual([302, '*']);
    const link = new URL(redirect.headers.get('location')!);
    expect(Number(link.searchParams.get('X-Amz-Expires'))).toBe(600);
    const segment = await get(link.href);
    expect(segment.headers.get('access-control-allow-origin')).toBe('*');
    expect(await segment.text()).toMatch(/^segment 1 /);
  });

  it('redirects to links that expire when the playback URL expires', async () => {
    const { outputId } = await makeLadder();
    const token = makePlaybackToken(api.context.vault, { outputId, expiresAt: new Date(Date.now() + 90_000) });
    const redirect = await get(`${origin}/playback/${token}/${SEGMENT}`);
    const seconds = Number(new URL(redirect.headers.get('location')!).searchParams.get('X-Amz-Expires'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(90);
  });

  it('serves the sprite of the same job through links that expire when the playback URL expires', async () => {
    const ladder = await makeLadderWithSprite();
    const { json } = await play(ladder);
    expect(json.thumbnails_track).toBe(`${json.hls_url.replace('master.m3u8', 'thumbnails/sprite.vtt')}`);
    expect(json.page_url).toMatch(/^http:\/\/.+\/playback\/[\w-]{48}#thumbnails$/);
    const track = await get(json.thumbnails_track);
    expect([track.status, track.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(await track.text()).toBe('WEBVTT');
    const expiresAt = new Date(Date.now() + 90_000);
    const token = makePlaybackToken(api.context.vault, { outputId: ladder.outputId, expiresAt });
    const picture = await get(`${origin}/playback/${token}/thumbnails/sprite-1.jpg`);
    expect(picture.status).toBe(302);
    const link = new URL(picture.headers.get('location')!);
    expect(Number(link.searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(90);
    expect(await (await get(link.href)).text()).toBe('picture');
    for (const path of ['thumbnails/none.jpg', 'thumbnails/master.m3u8', 'thumbnails/', 'sprite.vtt'])
      expect(await codeOf(await get(`${origin}/playback/${token}/${path}`))).toEqual([404, 'not_found']);
    expect((await api.call('DELETE', ladder.path)).status).toBe(200);
    expect(await codeOf(await get(`${origin}/playback/${token}/thumbnails/sprite-1.jpg`))).toEqual([
      ...[410, 'playback_ended'],
    ]);
  });

  it('serves no sprite of another job', async () => {
    await completeTree(api, SPRITE);
    const { json } = await play(await makeLadder());
    expect(await codeOf(await get(`${json.page_url}/thumbnails/sprite.vtt`))).toEqual([404, 'not_found']);
  });

  it('returns 404 for paths that the output does not have', async () => {
    const { json } = await play(await makeLadder());
    for (const path of [
      'none.ts',
      'high',
      'high/',
      '..%2f..%2fmaster.m3u8',
      'high/..%2fmaster.m3u8',
      '%00',
      'manifest.json',
    ])
      expect(await codeOf(await get(`${json.page_url}/${path}`))).toEqual([404, 'not_found']);
  });

  it('returns 410 after its expiry, if it was changed, and for an output that is not a ladder', async () => {
    const { outputId } = await makeLadder();
    const { vault } = api.context;
    const soon = new Date(Date.now() + HOUR_MS);
    const valid = makePlaybackToken(vault, { outputId, expiresAt: soon });
    const ended = makePlaybackToken(vault, { outputId, expiresAt: new Date(Date.now() - 1000) });
    const unknown = makePlaybackToken(vault, { outputId: '019a1c5e-8e10-7b4e-8c5f-6f1f6f0a9d21', expiresAt: soon });
    const file = await api.database.pg.query(`SELECT id FROM job_outputs WHERE role <> 'ladder' LIMIT 1`);
    const single = makePlaybackToken(vault, { outputId: file.rows[0].id, expiresAt: soon });
    expect((await get(`${origin}/playback/${valid}/master.m3u8`)).status).toBe(200);
    for (const token of [ended, unknown, single, valid.replace(/.$/, valid.endsWith('A') ? 'Q' : 'A'), 'x']) {
      for (const path of ['master.m3u8', SEGMENT]) {
        const response = await get(`${origin}/playback/${token}/${path}`);
        expect(response.headers.get('access-control-allow-origin')).toBe('*');
        expect(await codeOf(response)).toEqual([410, 'playback_ended']);
      }
    }
  });

  it('lets a page read the error of a request that came over plain HTTP', async () => {
    const proxied = await startApi({ trustProxy: ['127.0.0.1/32'] });
    const address = await proxied.listen();
    const headers = { origin: 'https://shop.example', 'x-forwarded-proto': 'http' };
    const response = await fetch(`${address}/playback/x/master.m3u8`, { headers });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await codeOf(response)).toEqual([403, 'https_required']);
    await proxied.close();
  });

  it('stops working immediately when its job is erased, its retention ends, or its account is disabled', async () => {
    const erased = await makeLadder();
    const account = await api.makeAccount();
    const [expired, disabled] = [await makeLadder(), await makeLadder(account)];
    const urls = [];
    for (const ladder of [erased, expired, disabled]) urls.push((await play(ladder)).json.hls_url);
    for (const url of urls) expect((await get(url)).status).toBe(200);
    expect((await api.call('DELETE', erased.path)).status).toBe(200);
    await api.database.pg.query(`UPDATE jobs SET expires_at = now() - interval '1 s' WHERE id = $1`, [expired.id]);
    await api.database.pg.query('UPDATE accounts SET disabled_at = now() WHERE id = $1', [account.id]);
    for (const url of urls) expect(await codeOf(await get(url))).toEqual([410, 'playback_ended']);
  });

  it('does not serve a playlist that was changed in storage', async () => {
    const ladder = await makeLadder();
    const { json } = await play(ladder);
    const path = join(api.gateway.root, 'changed');
    await writeFile(path, '#EXTM3X');
    const key = treeFileKey(ladder.prefix, 'master.m3u8');
    await api.context.store.putFile(key, path, { contentType: 'application/vnd.apple.mpegurl', size: 7 });
    expect(await codeOf(await get(json.hls_url))).toEqual([500, 'output_damaged']);
  });

  it('opens a page with a player, whose policy allows no other site and no inline script', async () => {
    const { json } = await play(await makeLadder());
    const page = await get(json.page_url);
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    // Only media may have data: URLs, which cannot run a script. The player starts with an empty data: URL for captions.
    expect(policy.split('; ').filter((directive) => directive.includes('data:'))).toEqual([
      expect.stringMatching(/^media-src /),
    ]);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const html = await page.text();
    expect(html).not.toMatch(/<script>|<style|style=|onload=/);
    expect(html).toContain('<video');
  });
});

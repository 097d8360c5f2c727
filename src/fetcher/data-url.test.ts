import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkSourceUrl, checkWebhookUrl, createFetcher } from './index.ts';

const BYTES = Buffer.from('89504e470d0a1a0a00', 'hex');
const PICTURE = `data:image/png;base64,${BYTES.toString('base64')}`;
const OPTIONS = { allow: [], ports: [443] };

describe('a data: URL', () => {
  it('a data: URL of a picture is a source that is read without a connection', async () => {
    expect(checkSourceUrl(PICTURE, OPTIONS).ok).toBe(true);
    const lookup = () => Promise.reject(new Error('nothing is looked up'));
    const fetcher = createFetcher({ ...OPTIONS, maxBytes: 100, deadlineMs: 1000, lookup });
    const folder = await mkdtemp(join(tmpdir(), 'airlock-data-'));
    try {
      const seen: unknown[] = [];
      const path = join(folder, 'a');
      const options = {
        onResponse: (declared: object) => seen.push(declared),
        onBytes: (bytes: number) => seen.push(bytes),
      };
      expect(await fetcher.download(PICTURE, path, options)).toMatchObject({ bytes: BYTES.length });
      expect(await readFile(path)).toEqual(BYTES);
      expect(seen).toEqual([{ length: BYTES.length }, BYTES.length]);
      const { signal } = new AbortController();
      const written: unknown[] = [];
      const start = await fetcher.readStart(PICTURE, 4, async (bytes, at) => written.push(bytes, at), signal);
      expect([start, written]).toEqual([{ bytes: 4, size: BYTES.length }, [BYTES.subarray(0, 4), 0]]);
      expect(await fetcher.openRanges(PICTURE, {} as never, signal)).toBeNull();
      const tooLarge = fetcher.download(PICTURE, join(folder, 'b'), { maxBytes: 8 });
      await expect(tooLarge).rejects.toMatchObject({ code: 'source_too_large' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    'data:,text',
    'data:text/html;base64,AAAA',
    'data:image/svg+xml;base64,AAAA',
    'data:image/png,AAAA',
    'data:image/png;base64,',
    'data:image/png;base64,AAA',
    'data:image/png;base64,AA*A',
    'data:image/png;base64,AAAA#',
    'DATA:image/png;charset=utf-8;base64,AAAA',
    `data:image/png;base64,${'A'.repeat(8192)}`,
  ])('is rejected with a reason if it is not a small picture: %#', (url) => {
    expect(checkSourceUrl(url, OPTIONS)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/data: URL|longer/),
    });
  });

  it('is rejected as the URL of a webhook', () => expect(checkWebhookUrl(PICTURE, OPTIONS).ok).toBe(false));
});

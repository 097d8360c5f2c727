import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedGateway, startEmbeddedGateway } from '../../test/conformance/embedded-gateway.ts';
import { until } from '../../testkit/until.ts';
import { openDisk } from './disk.ts';

const KEY = 'uploads/account/upload';
const SIZE = 100_000;
const TYPE = 'video/mp4';

describe('a closed key', () => {
  let gateway: EmbeddedGateway;
  let url: string;
  beforeEach(async () => {
    gateway = await startEmbeddedGateway();
    ({ url } = await gateway.store.presignPut(KEY, { contentType: TYPE, size: SIZE, expiresIn: 900 }));
  });
  afterEach(() => gateway.close());

  const put = (to = url) => fetch(to, { method: 'PUT', headers: { 'content-type': TYPE }, body: Buffer.alloc(SIZE) });
  const closeUntil = async (until: Date) => (await gateway.store.capabilities()).closeKey!(KEY, until);
  const close = (seconds = 3600) => closeUntil(new Date(Date.now() + seconds * 1000));
  const closedFiles = () => readdir(join(gateway.root, 'closed'));

  it('has no object and rejects every PUT with an XML error, while other keys accept PUTs', async () => {
    expect((await put()).status).toBe(200);
    expect(await close()).toBe(true);
    expect(await gateway.store.head(KEY)).toBeNull();
    const rejected = await put();
    expect([rejected.status, rejected.headers.get('content-type')]).toEqual([403, 'application/xml']);
    expect(await rejected.text()).toContain('<Code>AccessDenied</Code><Message>This URL accepts no further bytes');
    expect(await gateway.store.head(KEY)).toBeNull();
    const other = `${KEY}-2`;
    const size = { contentType: TYPE, size: SIZE, expiresIn: 900 };
    expect((await put((await gateway.store.presignPut(other, size)).url)).status).toBe(200);
    await expect(gateway.store.copy(other, KEY)).rejects.toMatchObject({ status: 403 });
  });

  it('aborts a running PUT, and keeps none of its bytes', async () => {
    const headers = { 'content-type': TYPE, 'content-length': SIZE };
    const sending = request(url, { method: 'PUT', headers, agent: false });
    const ended = once(sending, 'error');
    sending.write(Buffer.alloc(SIZE / 2));
    await until(async () => (await gateway.tempFiles()).length === 1, { what: 'the PUT to begin' });
    await close();
    await ended;
    await until(async () => (await gateway.tempFiles()).length === 0, { what: 'the temp file to go' });
    expect(await gateway.store.head(KEY)).toBeNull();
  });

  it('stays closed across a restart until its time ends, and then leaves no file behind', async () => {
    await close(60);
    expect(await closedFiles()).toHaveLength(1);
    let clock = Date.now();
    const disk = await openDisk(gateway.root, () => clock);
    expect(disk.closed.has(KEY)).toBe(true);
    await disk.closed.sweep();
    expect(await closedFiles()).toHaveLength(1);
    clock += 61_000;
    expect(disk.closed.has(KEY)).toBe(false);
    await disk.closed.sweep();
    expect(await closedFiles()).toEqual([]);
  });

  it('loses its object even if closing cannot be recorded', async () => {
    expect((await put()).status).toBe(200);
    await rm(join(gateway.root, 'closed'), { recursive: true });
    await expect(close()).rejects.toMatchObject({ status: 500 });
    expect(await gateway.store.head(KEY)).toBeNull();
  });

  it('cannot be created by a signed URL, or for more than eight days', async () => {
    for (const [address, status] of [
      [`${url}&airlock-closed-until=1`, 403],
      [url.replace('X-Amz-Algorithm', 'airlock-closed-until=9999999999&X-Amz-Algorithm'), 403],
    ] as const) {
      expect((await fetch(address, { method: 'DELETE' })).status).toBe(status);
    }
    await expect(closeUntil(new Date('2100-01-01'))).rejects.toMatchObject({ status: 400 });
    await writeFile(join(gateway.root, 'closed', 'stray'), '');
    expect((await put()).status).toBe(200);
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedGateway, startEmbeddedGateway } from '../../../test/conformance/embedded-gateway.ts';
import { putBytes } from '../../../testkit/put-bytes.ts';
import { until } from '../../../testkit/until.ts';
import { openUploads } from './uploads.ts';

const KEY = 'sealed/account/object';
const PART = 5 * 2 ** 20;
const LAST = 1000;

describe('an upload in parts of one size', () => {
  let gateway: EmbeddedGateway;
  beforeAll(async () => {
    gateway = await startEmbeddedGateway({ maxObjectBytes: 4 * PART });
  });
  afterAll(() => gateway?.close());
  afterEach(() => gateway.store.delete(KEY));

  const bytes = randomBytes(2 * PART + LAST);
  const partOf = (from: Buffer, number: number) => from.subarray((number - 1) * PART, number * PART);
  const begin = () => gateway.store.createMultipart(KEY, { contentType: 'video/mp4', partSize: PART });
  const urlOf = async (uploadId: string, partNumber: number, size: number) =>
    (await gateway.store.presignPart(KEY, { uploadId, partNumber, size, expiresIn: 900 })).url;
  const send = async (id: string, number: number, body: Buffer = partOf(bytes, number)) =>
    expect(await putBytes(await urlOf(id, number, body.length), body)).toBe(200);
  const complete = async (id: string, parts?: number[]) => {
    const stored = (await gateway.store.listParts(KEY, id))!;
    const chosen = stored.filter(({ partNumber }) => parts?.includes(partNumber) ?? true);
    return gateway.store.completeMultipart(KEY, id, chosen);
  };
  const object = async () => buffer((await gateway.store.get(KEY))!);
  const hash = (of: Buffer) => createHash('sha256').update(of).digest('hex');
  const joined = (id: string) => join(gateway.root, 'parts', id, 'joined');
  const expectObject = async (expected: Buffer) => expect(hash(await object())).toBe(hash(expected));

  it('becomes the object without a copy of its bytes, regardless of the order in which its parts arrive', async () => {
    const id = await begin();
    for (const number of [3, 1, 2]) await send(id, number);
    const { ino } = await stat(joined(id));
    expect(await complete(id)).toBe(true);
    const path = await (await gateway.store.capabilities()).localPath!(KEY);
    const made = await stat(path!);
    expect([made.ino, made.size, made.nlink, made.mode & 0o777]).toEqual([ino, bytes.length, 1, 0o444]);
    await expectObject(bytes);
    expect(await readdir(join(gateway.root, 'parts'))).toEqual([]);
  });

  it('never changes the bytes of an entity tag when a part is sent again, and is joined from the newest parts', async () => {
    const id = await begin();
    const other = randomBytes(bytes.length);
    for (const number of [1, 2, 3]) await send(id, number);
    const before = (await gateway.store.listParts(KEY, id))!;
    const { readPart } = await gateway.store.capabilities();
    const old = (await readPart!(KEY, id, 2))!;
    await send(id, 2, partOf(other, 2));
    expect(hash(await buffer(old.body))).toBe(hash(partOf(bytes, 2)));
    const now = (await readPart!(KEY, id, 2))!;
    expect(hash(await buffer(now.body))).toBe(hash(partOf(other, 2)));
    expect(now.etag).not.toBe(old.etag);
    await expect(gateway.store.completeMultipart(KEY, id, before)).rejects.toMatchObject({ code: 'InvalidPart' });
    expect(await complete(id)).toBe(true);
    await expectObject(Buffer.concat([partOf(bytes, 1), partOf(other, 2), partOf(bytes, 3)]));
  });

  it('accepts a part again after its first PUT was interrupted, and contains no bytes of the interrupted PUT', async () => {
    const id = await begin();
    const broken = request(await urlOf(id, 3, LAST), { method: 'PUT', headers: { 'content-length': LAST } });
    const failed = once(broken, 'error');
    broken.write(Buffer.alloc(LAST - 1, 'x'));
    await until(() => stat(joined(id)).catch(() => null), { what: 'the part to begin' });
    broken.destroy();
    await failed;
    for (const number of [1, 2, 3]) await send(id, number);
    expect(await complete(id)).toBe(true);
    await expectObject(bytes);
  });

  it('cannot be changed by a PUT that began before it became the object', async () => {
    const id = await begin();
    for (const number of [1, 2]) await send(id, number);
    const late = request(await urlOf(id, 3, LAST), { method: 'PUT', headers: { 'content-length': LAST } });
    late.on('error', () => {});
    const response = once(late, 'response').catch(() => []);
    late.write(Buffer.alloc(1, 'x'));
    await until(async () => (await stat(joined(id))).size >= 2 * PART, { what: 'the part to begin' });
    expect(await complete(id)).toBe(true);
    late.end(Buffer.alloc(LAST - 1, 'x'));
    const [answer] = await response;
    expect(answer?.statusCode).not.toBe(200);
    await expectObject(bytes.subarray(0, 2 * PART));
  });

  it('is joined from the selected parts if some parts are omitted or have another size', async () => {
    const id = await begin();
    for (const number of [1, 2, 3]) await send(id, number);
    expect(await complete(id, [1, 2])).toBe(true);
    await expectObject(bytes.subarray(0, 2 * PART));
    const longer = await gateway.store.createMultipart(KEY, { contentType: 'video/mp4', partSize: PART });
    await send(longer, 1, bytes.subarray(0, PART + 1));
    await send(longer, 2, bytes.subarray(PART + 1, 2 * PART));
    expect(await complete(longer)).toBe(true);
    await expectObject(bytes.subarray(0, 2 * PART));
  });

  it('survives a restart of the gateway between two parts', async () => {
    const id = await begin();
    await send(id, 2);
    const again = await openUploads(gateway.root);
    expect(await again.parts(again.find(KEY, id))).toMatchObject([
      { number: 2, size: PART, start: PART, isInPlace: true },
    ]);
    await gateway.store.abortMultipart(KEY, id);
  });

  it('does not follow a link in the place of its file', async () => {
    const id = await begin();
    const outside = join(gateway.root, '..', 'outside');
    await writeFile(outside, 'kept');
    const { symlink } = await import('node:fs/promises');
    await symlink(outside, joined(id));
    for (const number of [1, 2, 3]) await send(id, number);
    expect(await complete(id)).toBe(true);
    await expectObject(bytes);
    expect((await stat(outside)).size).toBe(4);
  });

  it('does not grow its file for a part beyond the largest object', async () => {
    const id = await begin();
    for (const number of [1, 2]) await send(id, number);
    const url = await urlOf(id, 10_000, PART);
    await send(id, 4);
    expect(await putBytes(url, Buffer.alloc(PART))).not.toBe(500);
    expect((await stat(joined(id))).size).toBeLessThanOrEqual(5 * PART);
    await gateway.store.abortMultipart(KEY, id);
  });
});

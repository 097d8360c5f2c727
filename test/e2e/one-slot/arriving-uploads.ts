import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, transcode } from '../../../testkit/media.ts';
import { putBytes } from '../../../testkit/put-bytes.ts';
import type { TestService } from '../../../testkit/service.ts';
import { until } from '../../../testkit/until.ts';
import { filesIn } from '../../helpers/files.ts';

const MIB = 2 ** 20;
/** Number of bytes of an upload in nine parts. Smaller uploads have no parts. */
const SIZE = 64 * MIB + 1000;
const PART = 8 * MIB;
/** Numbers of the parts after the first two. A job starts early only if the rest of its upload takes a while. */
const REST = [3, 4, 5, 6, 7, 8, 9];
/** Minimum size of a part, for uploads that are never completed. */
const SMALL_PART = 5 * MIB;
/**
 * Options that encode only the audio, because its bytes do not depend on the number of threads. A job that only copies does not start
 * early.
 */
const OPTIONS = [
  { option: '-c:v', argument: 'copy' },
  { option: '-c:a', argument: 'aac' },
];

interface Part {
  partNumber: number;
  url: string;
  size: number;
}

export const arrivingUploads = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  const created: string[] = [];
  /** Files of the same size. In `first` and `other`, all frames are in the first part. */
  const files: Record<'first' | 'other' | 'last', Buffer> = {} as never;

  beforeAll(async () => {
    service = given();
    folder = await mkdtemp(join(tmpdir(), 'airlock-arriving-'));
    const make = async (name: string, ...args: string[]) =>
      readFile(await makeClip(join(folder, name), { seconds: 2, args }));
    files.first = widenLastBox(await make('first.mp4', '-movflags', '+faststart'));
    files.other = widenLastBox(await make('other.mp4', '-vf', 'negate', '-movflags', '+faststart'));
    const last = await make('last.mp4');
    const free = Buffer.alloc(SIZE - last.length);
    free.writeUInt32BE(free.length);
    free.write('free', 4);
    files.last = Buffer.concat([last, free]);
  });
  afterAll(async () => {
    // Tests in other files search all bytes in storage.
    for (const id of created) await service.call('DELETE', `/v1/transcodes/${id}`);
    await rm(folder, { recursive: true, force: true });
  });

  const begin = async (bytes: Buffer, { contentType = 'video/mp4', partSize = PART } = {}) => {
    const upload = { filename: 'long.mp4', contentType, fileSize: bytes.length, partSize };
    const response = await service.call('POST', '/v1/transcodes', {
      ...{ inputs: [{ upload }], outputFormat: 'mp4', options: OPTIONS },
    });
    expect(response.status, response.text).toBe(201);
    const { id, inputs } = response.json;
    created.push(id);
    const { parts, uploadId, filename } = inputs[0].upload as { parts: Part[]; uploadId: string; filename: string };
    const put = async (number: number, from = bytes) => {
      const at = (number - 1) * partSize;
      const { url, size } = parts[number - 1]!;
      return putBytes(url, from.subarray(at, at + size)).catch(() => null);
    };
    const send = async (...numbers: number[]) => {
      for (const number of numbers) expect(await put(number)).toBe(200);
    };
    return { id: id as string, uploadId, filename, put, send };
  };
  const get = async (id: string) => (await service.call('GET', `/v1/transcodes/${id}`)).json;
  const untilFinal = (id: string) =>
    until(
      async () => {
        const job = await get(`${id}?wait=30`);
        return ['completed', 'failed', 'canceled'].includes(job.status) && job;
      },
      { what: 'the end of the job', timeoutMs: 60_000 },
    );
  const workFiles = async (name: string) =>
    (await filesIn(join(service.dataDir, 'work'))).filter((path) => basename(path) === name);
  /** Waits until the job has read two parts, so that FFmpeg can read the frames in them. */
  const untilRead = async (id: string, partSize = PART) => {
    const sizeOf = async (name: string) => {
      const [path] = await workFiles(name);
      return path ? ((await stat(path).catch(() => null))?.size ?? 0) : 0;
    };
    await until(async () => (await get(id)).status === 'processing', { what: 'the job to start', timeoutMs: 30_000 });
    const hasRead = async () =>
      (await sizeOf('source-0')) === 2 * partSize && (await sizeOf('streamed.container')) > 10_000;
    await until(hasRead, { what: 'the job to read two parts', timeoutMs: 30_000 });
    expect((await get(id)).waiting_for).toBeNull();
  };
  const untilAwaitedAgain = (id: string) =>
    until(
      async () => {
        const { attempts, waiting_for } = await get(id);
        return attempts === 1 && waiting_for === 'upload';
      },
      { what: 'the job to await its upload again', timeoutMs: 60_000 },
    );
  /** Hashes of the outputs of jobs on complete uploads, by the bytes of the upload. */
  const outputs = new Map<Buffer, string>();
  /**
   * Expects that the job read exactly these bytes: its input has their hash, and its output equals the output of a job on the sealed
   * upload.
   */
  const expectMadeOf = async (id: string, bytes: Buffer) => {
    const job = await untilFinal(id);
    expect(job, job.error_message).toMatchObject({ status: 'completed', waiting_for: null });
    const { manifest } = (await service.call('GET', `/v1/transcodes/${id}/manifest`)).json;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(manifest.inputs[0]).toMatchObject({ size: bytes.length, sha256 });
    const [{ url }] = job.inputs;
    if (!outputs.has(bytes)) {
      const again = await transcode(service, { inputs: [{ url }], outputFormat: 'mp4', options: OPTIONS });
      outputs.set(bytes, again.outputs[0].sha256);
    }
    expect(job.outputs[0].sha256).toBe(outputs.get(bytes));
    return job;
  };

  it('is read while its parts arrive, and is confirmed with the bytes that the job read', async () => {
    const { id, filename, send } = await begin(files.first);
    await send(1, 2);
    await untilRead(id);
    await send(...REST);
    expect(await expectMadeOf(id, files.first)).toMatchObject({ attempts: 1 });
    const upload = await service.call('GET', `/v1/uploads/${encodeURIComponent(filename)}`);
    expect(upload.json.result).toMatchObject({ status: 'confirmed', fileSize: SIZE });
  });

  it('is read again from its start if a client sends a part again after the job has read this part', async () => {
    const { id, put, send } = await begin(files.other);
    expect(await put(1, files.first)).toBe(200);
    await send(2);
    await untilRead(id);
    await send(1, ...REST);
    expect(await expectMadeOf(id, files.other)).toMatchObject({ attempts: 2 });
  });

  it('provides the job with the bytes of exactly one of two concurrent PUTs of a part', async () => {
    const { id, put, send } = await begin(files.first);
    await Promise.all([put(1), put(1, files.other)]);
    await send(2);
    await untilRead(id);
    await send(...REST);
    await untilFinal(id);
    const { manifest } = (await service.call('GET', `/v1/transcodes/${id}/manifest`)).json;
    const isFirst = manifest.inputs[0].sha256 === createHash('sha256').update(files.first).digest('hex');
    await expectMadeOf(id, isFirst ? files.first : files.other);
  });

  it('is read only after it is complete if its index is at its end', async () => {
    const { id, send } = await begin(files.last);
    await send(1, 2);
    await untilAwaitedAgain(id);
    await send(...REST);
    await expectMadeOf(id, files.last);
  });

  it('is rejected once it is complete if it does not have the declared type', async () => {
    const { id, send, filename } = await begin(files.first, { contentType: 'video/webm' });
    await send(1, 2);
    await untilAwaitedAgain(id);
    await send(...REST);
    expect(await untilFinal(id)).toMatchObject({ status: 'failed', error_code: 'upload_rejected', outputs: [] });
    expect((await service.call('GET', `/v1/uploads/${encodeURIComponent(filename)}`)).status).toBe(404);
  });

  it.each(['canceled', 'erased'])('leaves no files behind if its job is %s while it arrives', async (how) => {
    const { id, uploadId, put, send } = await begin(files.first, { partSize: SMALL_PART });
    await send(1, 2);
    await untilRead(id, SMALL_PART);
    const parts = () => filesIn(join(service.dataDir, 'storage', 'parts'));
    expect((await parts()).length).toBeGreaterThan(1);
    const ended =
      how === 'canceled'
        ? await service.call('PATCH', `/v1/transcodes/${id}/cancel`)
        : await service.call('DELETE', `/v1/transcodes/${id}`);
    expect(ended.status, ended.text).toBe(200);
    if (how === 'erased') {
      // The response to an erase is sent after the bytes are deleted.
      expect(await parts()).toEqual([]);
      expect(await put(3)).not.toBe(200);
    }
    await until(async () => (await workFiles('source-0')).length === 0, { what: 'the work folder to be removed' });
    await until(async () => (await put(3)) !== 200, { what: 'the URLs to be revoked', timeoutMs: 30_000 });
    expect((await service.call('GET', `/v1/upload/multipart/${uploadId}`)).status).toBe(404);
    await until(async () => (await parts()).length === 0, { what: 'the parts to be deleted', timeoutMs: 30_000 });
    if (how === 'canceled') return;
    const receipt = async () => (await service.call('GET', `/v1/transcodes/${id}/receipt`)).json.receipt;
    const complete = await until(async () => (await receipt()).complete && receipt(), { what: 'a complete receipt' });
    expect(complete).toMatchObject({ status: 'canceled', remaining: [], working_copies: [{ attempt: 1 }] });
  });

  it("frees the job's slot for another job if its last part does not arrive", async () => {
    const { id, send } = await begin(files.first);
    await send(1, 2);
    await untilRead(id);
    const clip = await readFile(join(folder, 'first.mp4'));
    const upload = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: clip.length };
    const other = await service.call('POST', '/v1/transcodes', { inputs: [{ upload }], outputFormat: 'mp3' });
    const { url, headers } = other.json.inputs[0].upload;
    await fetch(url, { method: 'PUT', headers, body: new Uint8Array(clip) });
    expect(await untilFinal(other.json.id)).toMatchObject({ status: 'completed' });
    expect(await get(id)).toMatchObject({ status: 'pending', waiting_for: 'upload', progress: 0, outputs: [] });
    await send(...REST);
    expect(await expectMadeOf(id, files.first)).toMatchObject({ attempts: 2 });
  });

  it.each(['worker', 'gateway'])('is transcoded after the %s was killed', async (role) => {
    const { id, put, send } = await begin(files.first);
    await send(1, 2);
    await untilRead(id);
    const before = service.pids(role);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    const isNew = () => service.pids(role).some((pid) => !before.includes(pid));
    await until(isNew, { what: 'a new process', timeoutMs: 30_000 });
    await until(async () => (await put(3)) === 200, { what: 'the storage', timeoutMs: 30_000 });
    await send(...REST.slice(1));
    await expectMadeOf(id, files.first);
  });
};

/** Makes a file as large as an upload in parts, with padding at the end of its last box, which contains the frames. */
function widenLastBox(video: Buffer): Buffer {
  const bytes = Buffer.concat([video, Buffer.alloc(SIZE - video.length)]);
  const box = video.indexOf('mdat') - 4;
  bytes.writeUInt32BE(bytes.length - box, box);
  return bytes;
}

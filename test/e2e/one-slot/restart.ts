import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isSignedBy, type PublicJwk } from '../../../src/crypto/signing.ts';
import { makeClip, transcode, upload } from '../../../testkit/media.ts';
import { call, startService, type TestService } from '../../../testkit/service.ts';
import { until } from '../../../testkit/until.ts';
import { isStored } from '../../helpers/disk.ts';
import { prepareTrimmedBuild } from '../../helpers/trimmed-build.ts';

const PART = 8 * 2 ** 20;
const SEED = Buffer.alloc(32, 9).toString('base64url');

/** Restarts the service with another signing key and a trimmed FFmpeg. The tests compare the service before and after the restart. */
export const restarting = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  let job: string;
  let clipUrl: string;
  let trimmedVersion: string;
  let receipt: { key_id: string; receipt: object; signature: string };
  let began: Awaited<ReturnType<typeof beginUpload>>;
  const bytes = wave(PART + 1_000_000);
  const readReceipt = async () => (await service.call('GET', `/v1/transcodes/${job}/receipt`)).json;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-restart-'));
    service = given();
    const clip = await makeClip(join(folder, 'clip.mp4'));
    const { fileUrl } = await upload(service, clip);
    job = (await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp3' })).id;
    await service.call('DELETE', `/v1/transcodes/${job}`);
    clipUrl = (await upload(service, clip)).fileUrl;
    receipt = await readReceipt();
    began = await beginUpload(service, bytes);
    const { dataDir } = service;
    await service.stop();
    trimmedVersion = await prepareTrimmedBuild(dataDir);
    service = await startService({ AIRLOCK_SIGNING_KEY: SEED, AIRLOCK_FFMPEG_BUILD: 'auto' }, { dataDir });
  });
  afterAll(async () => {
    await service?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('does not invalidate receipts that the replaced key signed', async () => {
    const fresh = await readReceipt();
    expect(fresh.key_id).not.toBe(receipt.key_id);
    const known: PublicJwk[] = (await call(`${service.api}/.well-known/airlock-keys.json`, 'GET', null)).json.keys;
    expect(known.map((key) => key.kid)).toEqual([fresh.key_id, receipt.key_id]);
    for (const signed of [receipt, fresh]) expect(isSignedBy(signed.receipt, signed, known)).toBe(true);
    expect(service.output()).not.toContain(SEED);
  });

  it('runs jobs with the trimmed FFmpeg, which manifests, details and the security report name', async () => {
    const { id } = await transcode(service, { inputs: [{ url: clipUrl }], outputFormat: 'mp3' });
    const { manifest } = (await service.call('GET', `/v1/transcodes/${id}/manifest`)).json;
    const version = expect.stringContaining(`ffmpeg version ${trimmedVersion} `);
    expect(manifest.ffmpeg).toEqual({ version, package: null });
    expect(manifest.commands).toContainEqual(expect.objectContaining({ program: 'ffmpeg', version, package: null }));
    const { attempts } = (await service.call('GET', `/v1/transcodes/${id}/details`)).json;
    expect(attempts).toMatchObject([{ ffmpeg_version: version }]);
    const ffmpeg = await until(
      async () => {
        const security = (await service.call('GET', '/v1/security')).json;
        return security.ffmpeg.trimmed && security.ffmpeg;
      },
      { what: 'the report on FFmpeg' },
    );
    expect(ffmpeg).toMatchObject({ version, package: null });
    expect(ffmpeg.trimmed).toMatchObject({ state: 'in_use', source: '99:1-1', attacks: 207, comparisons: 633 });
  });

  it('does not end an upload in parts that a broken connection interrupted, and the file arrives unchanged', async () => {
    const { uploadId, filename, key } = began;
    const send = (method: string, rest: string, body?: object) =>
      service.call(method, `/v1/upload/${rest}`, body, { authorization: `Bearer ${key}` });
    const { result } = (await send('GET', `multipart/${uploadId}`)).json;
    expect(result.parts.map(({ partNumber }: { partNumber: number }) => partNumber)).toEqual([1]);
    const [missing] = (await send('POST', `multipart/${uploadId}/parts`, { partNumbers: [2] })).json.result.parts;
    const sent = await put(missing.url, bytes.subarray(PART));
    const parts = [result.parts[0], { partNumber: 2, etag: sent.headers.get('etag') }];
    const confirmed = await send('POST', 'confirm', { uploadId, filename, fileSize: bytes.length, parts });
    expect([confirmed.status, confirmed.json.result?.metadata.audio_codec]).toEqual([200, 'pcm_s16le']);
    expect(await isStored(service, bytes)).toBe(true);
  });
};

/** Begins an upload in parts. Sends the first part, and half of the second part. */
async function beginUpload(service: TestService, bytes: Buffer) {
  const file = { filename: 'noise.wav', contentType: 'audio/wav', fileSize: bytes.length };
  const begun = (await service.call('POST', '/v1/upload/multipart', file)).json.result;
  expect((await put(begun.parts[0].url, bytes.subarray(0, PART))).status).toBe(200);
  await breakOff(begun.parts[1].url, bytes.subarray(PART));
  return { uploadId: begun.uploadId, filename: begun.filename, key: service.key };
}

const put = (url: string, bytes: Buffer) => fetch(url, { method: 'PUT', body: new Uint8Array(bytes) });

/** Sends half of a part, and then breaks the connection. */
async function breakOff(url: string, bytes: Buffer): Promise<void> {
  const sending = request(url, { method: 'PUT', headers: { 'content-length': bytes.length } });
  sending.on('error', () => {});
  await new Promise((resolve) => sending.write(bytes.subarray(0, bytes.length / 2), resolve));
  const closed = new Promise((resolve) => sending.once('close', resolve));
  sending.destroy();
  await closed;
}

/** Returns a WAV file of noise, which cannot be confused with another file. */
function wave(dataBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(dataBytes + 36, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(96_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(dataBytes, 40);
  return Buffer.concat([header, randomBytes(dataBytes)]);
}

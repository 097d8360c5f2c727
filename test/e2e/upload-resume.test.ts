import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../../testkit/service.ts';
import { isStored } from '../helpers/disk.ts';

const PART = 8 * 2 ** 20;

/** Noise that no reader confuses with another file. */
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

describe('an upload in parts', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service?.remove());

  const put = (url: string, bytes: Buffer) => fetch(url, { method: 'PUT', body: new Uint8Array(bytes) });

  /** Sends half of a part, then breaks the connection. */
  async function breakOff(url: string, bytes: Buffer): Promise<void> {
    const sending = request(url, { method: 'PUT', headers: { 'content-length': bytes.length } });
    sending.on('error', () => {});
    await new Promise((resolve) => sending.write(bytes.subarray(0, bytes.length / 2), resolve));
    const closed = new Promise((resolve) => sending.once('close', resolve));
    sending.destroy();
    await closed;
  }

  it('continues after a broken connection and a restart of everything, and arrives unchanged', async () => {
    const bytes = wave(PART + 1_000_000);
    const file = { filename: 'noise.wav', contentType: 'audio/wav', fileSize: bytes.length };
    const begun = (await service.call('POST', '/v1/upload/multipart', file)).json.result;
    expect((await put(begun.parts[0].url, bytes.subarray(0, PART))).status).toBe(200);
    await breakOff(begun.parts[1].url, bytes.subarray(PART));
    const { dataDir, key } = service;
    await service.stop();
    service = await startService({}, { dataDir });
    const call = (method: string, rest: string, body?: object) =>
      service.call(method, `/v1/upload/${rest}`, body, { authorization: `Bearer ${key}` });

    const { result } = (await call('GET', `multipart/${begun.uploadId}`)).json;
    expect(result.parts.map(({ partNumber }: { partNumber: number }) => partNumber)).toEqual([1]);
    const [missing] = (await call('POST', `multipart/${begun.uploadId}/parts`, { partNumbers: [2] })).json.result.parts;
    const sent = await put(missing.url, bytes.subarray(PART));
    const parts = [result.parts[0], { partNumber: 2, etag: sent.headers.get('etag') }];
    const body = { uploadId: begun.uploadId, filename: begun.filename, fileSize: bytes.length, parts };
    const confirmed = await call('POST', 'confirm', body);
    expect([confirmed.status, confirmed.json.result?.metadata.audio_codec]).toEqual([200, 'pcm_s16le']);
    expect(await isStored(service, bytes)).toBe(true);
  });
});

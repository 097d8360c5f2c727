import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, transcode } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { type ApiResponse, shareService, type TestService } from '../../testkit/service.ts';
import { isStored } from '../helpers/disk.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { OTHER_STORAGE } from '../helpers/storage.ts';

const storageNote = skipNote(OTHER_STORAGE && 'needs the embedded storage');

describe('confirming an upload', () => {
  let service: TestService;
  let folder: string;
  let clip: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-confirm-'));
    [service] = await Promise.all([shareService(), makeClip(join(folder, 'clip.mp4'), { seconds: 2 })]);
    clip = await readFile(join(folder, 'clip.mp4'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const confirm = (body: unknown, headers?: Record<string, string>) =>
    service.call('POST', '/v1/upload/confirm', body, headers);
  async function send(bytes: Buffer, contentType = 'video/mp4', filename = 'clip.mp4') {
    const body = { filename, contentType, fileSize: bytes.length };
    const { uploadUrl, filename: stored } = (await service.call('POST', '/v1/upload/presigned-url', body)).json.result;
    await put(uploadUrl, bytes, contentType);
    return { uploadUrl, confirm: { filename: stored as string, fileSize: bytes.length } };
  }
  async function put(url: string, body: Buffer, contentType = 'video/mp4') {
    const response = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': contentType },
      body: new Uint8Array(body),
    });
    expect(response.status).toBe(200);
  }
  function expectError(response: ApiResponse, error: string, code: string) {
    expect([response.status, response.json.error, response.json.code]).toEqual([400, error, code]);
  }
  /** Returns different bytes in each call for the same clip, by adding a free-space box that players ignore. */
  const unique = () => {
    const box = randomBytes(72);
    box.writeUInt32BE(box.length, 0);
    box.write('free', 4, 'latin1');
    return Buffer.concat([clip, box]);
  };

  it('returns a description of the file, and the same response when it is repeated or concurrent', async () => {
    const bytes = unique();
    const { confirm: body } = await send(bytes, 'video/mp4', 'my film.mp4');
    const responses = await Promise.all([confirm(body), confirm(body), confirm({ ...body, uploadId: 'ignored' })]);
    responses.push(await confirm(body));
    expect(responses.map((response) => response.status)).toEqual([200, 200, 200, 200]);
    expect(new Set(responses.map((response) => response.text)).size).toBe(1);
    const fileUrl = `gs://airlock/${body.filename}`;
    const { result, success } = responses[0]!.json;
    expect(success).toBe(true);
    expect(result).toEqual({
      fileUrl,
      gcsUrl: fileUrl,
      filename: body.filename,
      fileSize: bytes.length,
      size: bytes.length,
      uploadedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      metadata: {
        duration_seconds: expect.closeTo(2, 1),
        format: expect.stringMatching(/mp4/),
        size_bytes: bytes.length,
        video_codec: 'h264',
        audio_codec: 'aac',
        width: 320,
        height: 180,
        fps: 25,
      },
    });
  });

  const MISSING = 'Missing required fields: filename, fileSize';
  const SIZE = "Invalid fileSize. Must be a positive number in bytes (not a formatted string like '1.46mbs')";
  it.each([
    [undefined, MISSING, 'missing_confirm_fields'],
    [{}, MISSING, 'missing_confirm_fields'],
    [{ fileSize: 5 }, MISSING, 'missing_confirm_fields'],
    [{ filename: '', fileSize: 5 }, MISSING, 'missing_confirm_fields'],
    [{ filename: 'x', fileSize: null }, MISSING, 'missing_confirm_fields'],
    [{ filename: 'x', fileSize: 0 }, SIZE, 'invalid_file_size'],
    [{ filename: 'x', fileSize: '5' }, SIZE, 'invalid_file_size'],
    [{ filename: 'x', fileSize: -5 }, SIZE, 'invalid_file_size'],
    [{ filename: '20260101-000000-never.mp4', fileSize: 5 }, 'File not found in GCS bucket', 'upload_not_found'],
    [{ filename: '../../secrets.json', fileSize: 5 }, 'File not found in GCS bucket', 'upload_not_found'],
  ])('rejects %j', async (body, text, code) => {
    expectError(await confirm(body, { 'content-type': 'application/json' }), text, code);
  });

  it('returns upload_not_found before the bytes are sent, and succeeds afterwards', async () => {
    const body = { filename: 'late.mp4', contentType: 'video/mp4', fileSize: clip.length };
    const { uploadUrl, filename } = (await service.call('POST', '/v1/upload/presigned-url', body)).json.result;
    const ask = { filename, fileSize: clip.length };
    expectError(await confirm(ask), 'File not found in GCS bucket', 'upload_not_found');
    await put(uploadUrl, clip);
    expect((await confirm(ask)).status).toBe(200);
  });

  it('rejects a size that differs from the uploaded size, deletes the bytes, and accepts another PUT', async () => {
    const bytes = unique();
    const { uploadUrl, confirm: body } = await send(bytes);
    const wrong = await confirm({ ...body, fileSize: bytes.length - 1 });
    expectError(wrong, 'File size mismatch', 'upload_size_mismatch');
    expect(wrong.json.details).toEqual({ field: 'fileSize', confirmed: bytes.length - 1, declared: bytes.length });
    expect(await isStored(service, bytes)).toBe(false);
    await put(uploadUrl, bytes);
    expect((await confirm(body)).status).toBe(200);
    expectError(await confirm({ ...body, fileSize: 7 }), 'File size mismatch', 'upload_size_mismatch');
    expect((await confirm(body)).status).toBe(200);
  });

  it('rejects content of another type than declared, deletes the content, and names the detected type', async () => {
    const pad = () => Buffer.from(`<!-- ${randomBytes(400).toString('hex')} -->`);
    const elf = Buffer.concat([
      await readFile(process.execPath).then((file) => file.subarray(0, 4096)),
      randomBytes(64),
    ]);
    await run('ffmpeg', [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'testsrc=s=64x64',
      '-frames:v',
      '1',
      join(folder, 'a.png'),
    ]);
    const png = Buffer.concat([await readFile(join(folder, 'a.png')), randomBytes(64)]);
    const cut = unique();
    const cases: [string, Buffer, string][] = [
      ['HTML', Buffer.concat([Buffer.from('<!doctype html><script>alert(1)</script>'), pad()]), 'video/mp4'],
      ['ELF', elf, 'video/mp4'],
      ['PNG', png, 'video/mp4'],
      ['playlist', Buffer.concat([Buffer.from('#EXTM3U\nfile:///etc/passwd\n#'), pad()]), 'video/mp4'],
      ['SVG', Buffer.concat([Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), pad()]), 'image/png'],
      ['MP4 as WebM', unique(), 'video/webm'],
      // The file has ftyp and some media but no moov, so nothing can play it.
      ['truncated', Buffer.concat([cut.subarray(0, Math.floor(clip.length / 2)), randomBytes(64)]), 'video/mp4'],
    ];
    const named: Record<string, string> = { HTML: 'a web page', playlist: 'a playlist', SVG: 'an SVG drawing' };
    for (const [name, bytes, type] of cases) {
      const { confirm: body } = await send(bytes, type);
      const response = await confirm(body);
      expect([name, response.status, response.json.error]).toEqual([
        name,
        400,
        'File content does not match its declared type',
      ]);
      expect(response.json.code).toBe('upload_type_mismatch');
      expect(response.json.details).toEqual({ field: 'filename', reason: expect.stringMatching(/^The file .+\.$/) });
      expect(response.json.details.reason).toContain(named[name] ?? 'The file');
      expect([name, await isStored(service, bytes)]).toEqual([name, false]);
      // A second confirm does not restore the upload, and no job can use it.
      expect((await confirm(body)).status).toBe(400);
      const job = { inputs: [{ url: `gs://airlock/${body.filename}` }], outputFormat: 'mp4' };
      expect((await service.call('POST', '/v1/transcodes', job)).status).toBe(422);
    }
    expect(service.output()).not.toContain('alert(1)');
  });

  // An S3 storage cannot close keys. A later PUT changes only the staging key, and a sweep deletes its bytes.
  it.skipIf(OTHER_STORAGE)(
    `seals the upload, so that a later PUT is rejected and changes nothing${storageNote}`,
    async () => {
      const first = unique();
      const second = unique();
      const { uploadUrl, confirm: body } = await send(first);
      const confirmed = await confirm(body);
      expect(confirmed.status).toBe(200);
      const late = await fetch(uploadUrl, {
        method: 'PUT',
        headers: { 'content-type': 'video/mp4' },
        body: new Uint8Array(second),
      });
      expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
      expect((await confirm(body)).text).toBe(confirmed.text);
      // The output of a remux contains the same packets as the source, so it shows which bytes were stored.
      const job = await transcode(service, {
        inputs: [{ url: confirmed.json.result.fileUrl }],
        outputFormat: 'mkv',
        options: [{ option: '-c', argument: 'copy' }],
      });
      expect(job).toMatchObject({ status: 'completed', inputs: [{ size: first.length }] });
      expect([await isStored(service, first), await isStored(service, second)]).toEqual([true, false]);
    },
  );

  it('returns upload_not_found for the names of another account', async () => {
    const bytes = unique();
    const { confirm: body } = await send(bytes);
    const { key } = await service.makeKey('--account', 'stranger-of-confirms');
    const stranger = { authorization: `Bearer ${key}` };
    expectError(await confirm(body, stranger), 'File not found in GCS bucket', 'upload_not_found');
    expect((await confirm(body)).status).toBe(200);
    expectError(await confirm(body, stranger), 'File not found in GCS bucket', 'upload_not_found');
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, transcode, upload } from '../../testkit/media.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { withOrientation } from '../helpers/exif.ts';
import { type Coded, codedItem, encodePicture, gridData, irot, ispe, makeStill } from '../helpers/heif.ts';

const halved = (bytes: Buffer) => Buffer.concat([bytes.subarray(0, bytes.length / 2), Buffer.alloc(bytes.length / 2)]);

describe('HEIC and AVIF stills', () => {
  let service: TestService;
  let folder: string;
  let avif: Coded;
  let turned: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-stills-'));
    const source = ['-f', 'lavfi', '-i', 'testsrc2=s=128x64,format=yuv420p'];
    [service, avif] = await Promise.all([shareService(), encodePicture(folder, 'libaom-av1', source)]);
    turned = await send('turned.avif', 'image/avif', makeStill({ items: [codedItem(1, avif, [irot(1), true])] }));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function send(name: string, contentType: string, bytes: Buffer): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return (await upload(service, path, contentType, name)).fileUrl;
  }

  it('can be uploaded, and the confirm reports the picture as it is displayed', async () => {
    const bytes = makeStill({
      items: [codedItem(1, avif, [irot(1), true])],
      more: [Buffer.from('\0\0\0\x0cfreemore')],
    });
    const body = { filename: 'photo.avif', contentType: 'image/avif', fileSize: bytes.length };
    const { uploadUrl, filename } = (await service.call('POST', '/v1/upload/presigned-url', body)).json.result;
    await fetch(uploadUrl, { method: 'PUT', headers: { 'content-type': 'image/avif' }, body: new Uint8Array(bytes) });
    const { status, json } = await service.call('POST', '/v1/upload/confirm', { filename, fileSize: bytes.length });
    const seen = { format: 'heif', video_codec: 'av1', width: 64, height: 128, duration_seconds: null };
    expect([status, json.result.metadata]).toEqual([
      200,
      expect.objectContaining({ ...seen, size_bytes: bytes.length }),
    ]);
  });

  it('can be inputs, even of a job that requires disarming', async () => {
    const job = await transcode(service, { inputs: [{ url: turned }], outputFormat: 'jpg', disarm: true });
    expect(job).toMatchObject({ status: 'completed', warnings: [], inputs: [{ container: 'rewritten' }] });
    expect(job.outputs[0]).toMatchObject({ width: 64, height: 128 });
  });

  it('are repeated by -loop as other pictures are', async () => {
    const inputs = [{ url: turned, options: [{ option: '-loop', argument: '1' }] }];
    const options = [{ option: '-t', argument: '1' }];
    const job = await transcode(service, { inputs, outputFormat: 'mp4', options });
    expect(job).toMatchObject({ status: 'completed' });
    expect(job.outputs[0]).toMatchObject({ width: 64, height: 128, duration_seconds: expect.closeTo(1, 1) });
  });

  it('can be watermarks', async () => {
    const clip = (await upload(service, await makeClip(join(folder, 'clip.mp4')))).fileUrl;
    const filters = [{ filter: `movie='${turned}'[logo]` }, { filter: '[0:v][logo]overlay=10:20[out]' }];
    const job = await transcode(service, { inputs: [{ url: clip }], outputFormat: 'mp4', filters });
    expect(job).toMatchObject({ status: 'completed' });
  });

  it('are assembled from their tiles, as phones write them', async () => {
    const tile = await encodePicture(folder, 'libx265', ['-f', 'lavfi', '-i', 'testsrc2=s=64x64,format=yuv420p']);
    const items = [1, 2, 3, 4].map((id) => codedItem(id, tile));
    const grid = { id: 9, type: 'grid', data: gridData(2, 2, 100, 90), properties: [ispe(100, 90)], inIndex: true };
    const references = [{ type: 'dimg', from: 9, to: [1, 2, 3, 4] }];
    const heic = await send('a.heic', 'image/heic', makeStill({ items: [grid, ...items], primary: 9, references }));
    const job = await transcode(service, { inputs: [{ url: heic }], outputFormat: 'png' });
    expect(job).toMatchObject({ status: 'completed', outputs: [{ width: 100, height: 90 }] });
  });

  it.each([
    ['cut off', () => makeStill({ items: [codedItem(1, avif)] }).subarray(0, -100), /cut off inside its picture/],
    [
      'damaged at the end',
      () => makeStill({ items: [codedItem(1, { ...avif, data: halved(avif.data) })] }),
      /cannot be read/,
    ],
    ['damaged', () => makeStill({ items: [codedItem(1, { ...avif, data: Buffer.alloc(400, 3) })] }), /cannot be read/],
    [
      'of a sequence',
      () => makeStill({ brand: 'avis', items: [codedItem(1, avif)], more: [Buffer.from('\0\0\0\x08moov')] }),
      /sequence/,
    ],
  ])('are rejected at the confirm if they are %s', async (_, make, words) => {
    await expect(send('bad.avif', 'image/avif', make())).rejects.toThrow(words);
  });

  it('keep the original file as the source', async () => {
    const bytes = await readFile(join(folder, 'turned.avif'));
    const job = await transcode(service, { inputs: [{ url: turned }], outputFormat: 'webp' });
    expect(job.inputs[0].size).toBe(bytes.length);
  });
});

describe('a picture with an Exif orientation', () => {
  it.each([
    ['jpg', 'image/jpeg', 'mjpeg'],
    ['png', 'image/png', 'png'],
    ['webp', 'image/webp', 'webp'],
  ])('is shown upright by the upload and by jobs: %s', async (type, contentType, codec) => {
    const service = await shareService();
    const folder = await mkdtemp(join(tmpdir(), 'airlock-oriented-'));
    try {
      const path = join(folder, `photo.${type}`);
      const lossless = type === 'webp' ? ['-lossless', '1'] : [];
      const source = ['-f', 'lavfi', '-i', 'color=red:s=128x64,drawbox=0:0:64:64:blue:fill', '-frames:v', '1'];
      await makeMedia(path, [...source, ...lossless]);
      // The right side of the stored picture is at the bottom.
      await writeFile(path, withOrientation[type]!(await readFile(path), 6));
      const sent = await upload(service, path, contentType, `photo.${type}`);
      const inputs = [{ url: sent.fileUrl }];
      const fileSize = (await readFile(path)).length;
      const { json } = await service.call('POST', '/v1/upload/confirm', { filename: sent.filename, fileSize });
      expect(json.result.metadata).toMatchObject({ video_codec: codec, width: 64, height: 128 });
      const still = await transcode(service, { inputs, outputFormat: 'png' });
      expect(still).toMatchObject({ status: 'completed', outputs: [{ width: 64, height: 128 }] });
      const options = [{ option: '-t', argument: '1' }];
      const joined = { inputs: inputs.concat(inputs).map((input) => ({ ...input, options })), outputFormat: 'mp4' };
      expect(await transcode(service, joined)).toMatchObject({ outputs: [{ width: 64, height: 128 }] });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

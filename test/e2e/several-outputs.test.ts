import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Airlock } from '../../sdk/src/index.ts';
import { makeClip, transcode, upload } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { shareService, type TestService } from '../../testkit/service.ts';

let service: TestService;
let airlock: Airlock;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-outputs-'));
  service = await shareService();
  airlock = new Airlock({ url: service.api, key: service.key });
});
afterAll(async () => {
  await service?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function source(name: string, options: Parameters<typeof makeClip>[1] = {}): Promise<string> {
  const path = join(folder, name);
  await makeClip(path, options);
  return (await upload(service, path, 'video/mp4', name)).fileUrl;
}

describe('a job with several outputs', () => {
  it('stores each output, sends an event for each, and lists all in manifest and receipt', async () => {
    const inputs = [{ url: await source('talk.mp4') }];
    const outputs = [
      { outputFormat: 'mp4', preset: { quality: 'low' } },
      { outputFormat: 'mp4', name: 'small', options: [{ option: '-vf', argument: 'scale=160:-2' }] },
      { outputFormat: 'mp3', bitrate: '64k' },
      { outputFormat: 'jpg' },
    ];
    const job = await transcode(service, { inputs, outputs });
    expect(job).toMatchObject({
      status: 'completed',
      outputs: [
        { name: 'mp4', status: 'completed', width: 320, files: 1, audio_codec: 'aac' },
        { name: 'small', status: 'completed', width: 160, files: 1 },
        { name: 'mp3', status: 'completed', width: null, audio_codec: 'mp3' },
        { name: 'jpg', status: 'completed', duration_seconds: null, video_codec: 'mjpeg' },
      ],
    });
    const result = airlock.resultOf(job);
    for (const { name, sha256 } of job.outputs) {
      await result.save(join(folder, name), { output: name });
      const bytes = await readFile(join(folder, name));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
    expect(await airlock.download(job.id, { output: 'small' })).toContain('http');
    await expect(airlock.resultOf(job).save(join(folder, 'any'))).rejects.toThrow('has several outputs');

    const path = `/v1/transcodes/${job.id}`;
    const { json: events } = await service.call('GET', `${path}/events?types=transcode.output_ready`);
    expect(events.events.map(({ data }: { data: { position: number } }) => data.position).sort()).toEqual([0, 1, 2, 3]);
    const { manifest } = (await service.call('GET', `${path}/manifest`)).json;
    expect(manifest.outputs).toEqual(job.outputs);
    expect(manifest.command.argv.filter((argument: string) => argument === '-i')).toHaveLength(1);
    expect(manifest.command.further).toHaveLength(1);
    await service.call('DELETE', path);
    const { receipt } = (await service.call('GET', `${path}/receipt`)).json;
    const deleted = receipt.deleted.filter(({ kind }: { kind: string }) => kind === 'output');
    expect(deleted.map(({ sha256 }: { sha256: string }) => sha256).sort()).toEqual(
      job.outputs.map(({ sha256 }: { sha256: string }) => sha256).sort(),
    );
  });

  it('makes stills, a preview and a waveform, each with its role', async () => {
    // Six seconds of black, followed by two seconds of a test picture.
    const args = ['-vf', "drawbox=color=black:thickness=fill:enable='lt(t,6)'"];
    const inputs = [{ url: await source('late.mp4', { seconds: 8, args }) }];
    const outputs = [
      { output_format: 'jpg', still: { at: 'best', width: 160 } },
      { output_format: 'webp', name: 'end', still: { at: '100%' } },
      { output_format: 'gif', preview: { seconds: 1, segments: 2, width: 80 } },
      { output_format: 'png', waveform: { width: 200, height: 50 } },
    ];
    const job = await transcode(service, { inputs, outputs });
    expect(job).toMatchObject({
      status: 'completed',
      outputs: [
        { name: 'jpg', role: 'still', width: 160, height: 90, video_codec: 'mjpeg', duration_seconds: null },
        { name: 'end', role: 'still', width: 320, video_codec: 'webp' },
        { name: 'gif', role: 'preview', width: 80, video_codec: 'gif', audio_codec: null },
        { name: 'png', role: 'waveform', width: 200, height: 50, video_codec: 'png' },
      ],
    });
    await airlock.resultOf(job).save(join(folder, 'best.jpg'), { output: 'jpg' });
    const { stdout } = await run('ffmpeg', [
      ...['-v', 'error', '-i', join(folder, 'best.jpg'), '-vf', 'scale=1:1:flags=area,format=gray'],
      ...['-f', 'rawvideo', '-'],
    ]);
    expect(stdout.charCodeAt(0)).toBeGreaterThan(60);
  });

  it('makes every kind of output of a video that has one frame', async () => {
    const inputs = [{ url: await source('single.mp4', { seconds: 0.04, audio: false }) }];
    const outputs = [
      { outputFormat: 'mp4', target: { metric: 'ssim', at_least: 0.9 } },
      { outputFormat: 'hls', ladder: 'auto' },
      { outputFormat: 'jpg', still: { at: 'best' } },
      { outputFormat: 'thumbnails', count: 3 },
      { outputFormat: 'sprite', every_seconds: 1 },
      { outputFormat: 'webp', preview: { seconds: 2 } },
    ];
    const job = await transcode(service, { inputs, outputs });
    expect(
      job.outputs.map(({ name, error_message }: { name: string; error_message: string }) => [name, error_message]),
    ).toEqual(['mp4', 'hls', 'jpg', 'thumbnails', 'sprite', 'webp'].map((name) => [name, null]));
    expect(job.outputs.map(({ files }: { files: number }) => files)).toEqual([1, expect.any(Number), 1, 3, 2, 1]);
    expect(job.outputs[5]).toMatchObject({ width: 320, height: 180, video_codec: 'webp' });
  });

  it('makes an animated WebP, which no job can decode', async () => {
    const inputs = [{ url: await source('moving.mp4', { seconds: 2 }) }];
    const job = await transcode(service, { inputs, outputFormat: 'webp', preview: { seconds: 1, width: 160 } });
    expect(job.outputs[0]).toMatchObject({ width: 160, height: 90, video_codec: 'webp' });
    expect(job.outputs[0].duration_seconds).toBeCloseTo(1, 1);
    const path = join(folder, 'animation.webp');
    await airlock.resultOf(job).save(path);
    const { fileUrl: url } = await upload(service, path, 'image/webp', 'animation.webp');
    const { streams } = (await service.call('POST', '/v1/probe', { url })).json;
    expect(streams).toMatchObject([{ codec: 'webp', width: 160, height: 90 }]);
    const failed = await transcode(service, { inputs: [{ url }], outputFormat: 'mp4' });
    expect([failed.error_code, failed.error_message]).toEqual([
      'unsupported_media',
      expect.stringContaining('Input 1 is an animated WebP'),
    ]);
  });

  it('fails each output that needs a picture from an audio file, and keeps the other outputs', async () => {
    const path = join(folder, 'sound.m4a');
    await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'aac', path]);
    const { fileUrl: url } = await upload(service, path, 'audio/mp4', 'sound.m4a');
    const outputs = [
      { outputFormat: 'mp3' },
      { outputFormat: 'hls', ladder: 'auto' },
      { outputFormat: 'sprite', every_seconds: 1 },
      { outputFormat: 'thumbnails', count: 2 },
      { outputFormat: 'jpg', still: { at: 1 } },
    ];
    const job = await transcode(service, { inputs: [{ url }], outputs });
    expect(job.outputs.map(({ error_code }: { error_code: string }) => error_code)).toEqual([
      null,
      ...Array(4).fill('no_video_stream'),
    ]);
  });

  it('makes pictures of a video of twelve hours from its key frames, and fails the ladder, which would have too many files', async () => {
    const path = join(folder, 'half-day.mp4');
    const part = join(folder, 'part.mp4');
    const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '1', '-pix_fmt', 'yuv420p'];
    await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=1/10:d=600', ...encode, part]);
    await run('ffmpeg', ['-v', 'error', '-y', '-stream_loop', '71', '-i', part, '-c', 'copy', '-t', '43190', path]);
    const { fileUrl: url } = await upload(service, path, 'video/mp4', 'half-day.mp4');
    const outputs = [
      { outputFormat: 'jpg', still: { at: '50%' } },
      { outputFormat: 'sprite', every_seconds: 5, width: 16, columns: 100 },
      { outputFormat: 'hls', ladder: [{ height: 64 }], segment_seconds: 2 },
    ];
    const job = await transcode(service, { inputs: [{ url }], outputs });
    expect(
      job.outputs.map(({ status, error_code }: { status: string; error_code: string }) => [status, error_code]),
    ).toEqual([
      ['completed', null],
      ['completed', null],
      ['failed', 'too_long'],
    ]);
    expect(job.outputs[2].error_message).toContain('longer segments');
    expect(job.warnings).toEqual([
      { field: 'outputs[1].every_seconds', message: expect.stringContaining('more than 2000 pictures') },
    ]);
  });

  it('makes a ladder of a video that is smaller than the smallest height that a request may contain', async () => {
    const inputs = [{ url: await source('tiny.mp4', { size: '96x36' }) }];
    for (const ladder of ['auto', [{ height: 64 }]]) {
      const job = await transcode(service, { inputs, outputFormat: 'hls', ladder });
      expect([job.status, job.outputs[0].renditions?.map(({ height }: { height: number }) => height)]).toEqual([
        'completed',
        [36],
      ]);
    }
  });

  it('makes thumbnails and a sprite, whose files can be downloaded one by one', async () => {
    const inputs = [{ url: await source('scrub.mp4', { seconds: 6, args: ['-g', '25'] }) }];
    const outputs = [
      { outputFormat: 'thumbnails', count: 3, width: 80 },
      { outputFormat: 'sprite', everySeconds: 1, width: 64, columns: 4 },
    ].map(({ everySeconds, ...output }) => ({ ...output, ...(everySeconds && { every_seconds: everySeconds }) }));
    const job = await transcode(service, { inputs, outputs });
    expect(job).toMatchObject({
      status: 'completed',
      outputs: [
        { name: 'thumbnails', role: 'thumbnails', format: 'thumbnails', files: 3, width: 80, video_codec: 'mjpeg' },
        { name: 'sprite', role: 'sprite', format: 'sprite', files: 2, width: 256, height: 72 },
      ],
    });
    const filesOf = async (output: string) =>
      (await service.call('GET', `/v1/transcodes/${job.id}/files?output=${output}`)).json.items;
    const paths = (await filesOf('thumbnails')).map(({ path }: { path: string }) => path);
    expect(paths).toEqual(['thumb-0001.jpg', 'thumb-0002.jpg', 'thumb-0003.jpg']);
    expect(await filesOf('sprite')).toMatchObject([
      { path: 'sprite-1.jpg', content_type: 'image/jpeg' },
      { path: 'sprite.vtt', content_type: 'text/vtt' },
    ]);
    const cues = await fetch(await airlock.download(job.id, { output: 'sprite', file: 'sprite.vtt' }));
    expect((await cues.text()).split('\n\n')[5]).toBe('00:00:04.000 --> 00:00:05.000\nsprite-1.jpg#xywh=0,36,64,36');
  });

  it.each([
    ['thumbnails need an interval or a count', { outputFormat: 'thumbnails' }, 'every_seconds'],
    ['only one of both', { outputFormat: 'thumbnails', every_seconds: 1, count: 2 }, 'count'],
    ['a sprite has no count', { outputFormat: 'sprite', every_seconds: 1, count: 2 }, 'count'],
    ['a video has no interval', { outputFormat: 'mp4', every_seconds: 1 }, 'every_seconds'],
    ['a width is not zero', { outputFormat: 'sprite', every_seconds: 1, width: 0 }, 'width'],
    ['a width is at most 8192', { outputFormat: 'jpg', still: { at: 1, width: 100_000 } }, 'still.width'],
    ['a time is not negative', { outputFormat: 'jpg', still: { at: -1 } }, 'still.at'],
    ['a share is at most 100%', { outputFormat: 'jpg', still: { at: '150%' } }, 'still.at'],
    [
      'a color is hexadecimal',
      { outputFormat: 'png', waveform: { width: 99, height: 99, color: 'red' } },
      'waveform.color',
    ],
  ])('is rejected if its outputs break a rule: %s', async (_, output, field) => {
    const { status, json } = await service.call('POST', '/v1/transcodes', {
      inputs: [{ url: 'gs://b/a.mp4' }],
      ...output,
    });
    expect([status, json.details.field]).toEqual([400, field]);
  });

  it('keeps the video if the source has no audio for the other output', async () => {
    const inputs = [{ url: await source('silent.mp4', { audio: false }) }];
    const { json } = await service.call('POST', '/v1/transcodes', {
      inputs,
      outputs: [{ outputFormat: 'mp3' }, { outputFormat: 'webm', preset: { quality: 'low' } }],
    });
    const job = await airlock.wait(json.id);
    expect(job).toMatchObject({
      status: 'failed',
      error_code: 'no_audio_stream',
      outputs: [
        { name: 'mp3', status: 'failed', error_code: 'no_audio_stream' },
        { name: 'webm', status: 'completed', video_codec: 'vp9' },
      ],
    });
    expect((await fetch(await airlock.download(job.id, { output: 'webm' }))).status).toBe(200);
  });
});

describe('a streaming ladder', () => {
  it('is stored as a tree of files that are listed, downloaded one by one or as a zip, and erased', async () => {
    const inputs = [{ url: await source('stream.mp4') }];
    const ladder = [{ height: 180 }, { height: 120, bitrate: '150k' }, { height: 1080 }];
    const outputs = [{ outputFormat: 'cmaf', ladder, segment_seconds: 2 }, { outputFormat: 'mp3' }];
    const job = await transcode(service, { inputs, outputs });
    const [stream] = job.outputs;
    expect(stream).toMatchObject({
      ...{ name: 'cmaf', role: 'ladder', status: 'completed', width: 320, height: 180, encrypted: false },
      ...{ video_codec: 'h264', audio_codec: 'aac', duration_seconds: expect.any(Number) },
      renditions: [
        { width: 320, height: 180, codecs: expect.stringMatching(/^avc1\.[0-9a-f]{6},mp4a\.40\.2$/) },
        { width: 214, height: 120, bandwidth: expect.any(Number), average_bandwidth: expect.any(Number) },
      ],
    });
    expect(JSON.stringify(job.warnings)).toContain('The rendition of 1080 was dropped');
    const path = `/v1/transcodes/${job.id}`;
    const { items } = (await service.call('GET', `${path}/files?output=cmaf&limit=100`)).json;
    const names = items.map((item: { path: string }) => item.path);
    expect(names).toEqual(expect.arrayContaining(['master.m3u8', 'manifest.mpd', '180p/init.mp4', 'audio/index.m3u8']));
    expect(items).toHaveLength(stream!.files!);
    const { url } = (await service.call('GET', `${path}/download?output=cmaf&file=master.m3u8`)).json;
    expect(await (await fetch(url)).text()).toMatch(/^#EXTM3U/);
    const zip = await fetch(await airlock.download(job.id, { output: 'cmaf' }));
    expect(Buffer.from(await zip.arrayBuffer()).toString('latin1', 0, 2)).toBe('PK');
    await service.call('DELETE', path);
    expect((await service.call('GET', `${path}/files?output=cmaf`)).status).toBe(410);
  });

  it('is stored without its key if it is encrypted', async () => {
    const inputs = [{ url: await source('secret.mp4') }];
    const job = await transcode(service, {
      ...{ inputs, outputFormat: 'hls', ladder: [{ height: 120 }], encryption: 'aes-128' },
    });
    expect(job.outputs[0]).toMatchObject({ format: 'hls', encrypted: true });
    const { items } = (await service.call('GET', `/v1/transcodes/${job.id}/files`)).json;
    expect(items.some((item: { path: string }) => item.path.includes('key'))).toBe(false);
    const { url } = (await service.call('GET', `/v1/transcodes/${job.id}/download?file=120p/index.m3u8`)).json;
    expect(await (await fetch(url)).text()).toContain('METHOD=AES-128,URI="../key.bin"');
  });

  it('has the subtitles of an upload as a rendition, and fails if a subtitle file cannot become WebVTT', async () => {
    const inputs = [{ url: await source('spoken.mp4') }];
    const textOf = async (name: string, type: string, bytes: string) => {
      const path = join(folder, name);
      await writeFile(path, bytes);
      return (await upload(service, path, type, name)).fileUrl;
    };
    const request = { inputs, outputFormat: 'cmaf', ladder: [{ height: 120 }] };
    const srt = await textOf('a.srt', 'application/x-subrip', '1\n00:00:00,100 --> 00:00:00,900\nHello\n');
    const job = await transcode(service, { ...request, subtitles: srt });
    expect(job.status).toBe('completed');
    const path = `/v1/transcodes/${job.id}/download?file=subtitles/segment-00001.vtt`;
    const { url } = (await service.call('GET', path)).json;
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/vtt');
    expect(await response.text()).toBe('WEBVTT\n\n00:00:00.100 --> 00:00:00.900\nHello\n');
    const ass = '[Script Info]\n\n[Events]\nDialogue: 0,0:00:00.10,0:00:00.90,Default,,0,0,0,,Hello\n';
    const failed = await transcode(service, { ...request, subtitles: await textOf('a.ass', 'text/x-ass', ass) });
    expect(failed).toMatchObject({ status: 'failed', error_code: 'asset_invalid' });
    expect(failed.error_message).toContain('send SRT or WebVTT');
    const own = await service.call('POST', '/v1/transcodes', { ...request, subtitles: 'input:0' });
    expect([own.status, JSON.stringify(own.json)]).toEqual([422, expect.stringContaining('cannot be its subtitles')]);
  });

  it.each<[string, object, string]>([
    ['an empty ladder', { outputFormat: 'hls', ladder: [] }, 'ladder'],
    ['an odd height', { outputFormat: 'hls', ladder: [{ height: 361 }] }, 'ladder[0].height'],
    ['a height of 7', { outputFormat: 'hls', ladder: [{ height: 7 }] }, 'ladder[0].height'],
    ['a ladder of an mp4', { outputFormat: 'mp4', ladder: 'auto' }, 'ladder'],
    ['options of a ladder', { outputFormat: 'hls', options: [{ option: '-an' }] }, 'options'],
    ['subtitles of an mp4', { outputFormat: 'mp4', subtitles: 'https://example.com/a.srt' }, 'subtitles'],
    ['encryption of dash', { outputFormat: 'dash', encryption: 'aes-128' }, 'encryption'],
    ['segments of a minute', { outputs: [{ outputFormat: 'hls', segment_seconds: 60 }] }, 'outputs[0].segment_seconds'],
  ])('is rejected with an error that names the field: %s', async (_, body, field) => {
    const { status, json } = await service.call('POST', '/v1/transcodes', {
      inputs: [{ url: 'https://example.com/a.mp4' }],
      ...body,
    });
    expect([status, json.details?.field]).toEqual([400, field]);
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transcode, upload } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { shareService, type TestService } from '../../testkit/service.ts';

const SECONDS = 6;
const MEDIA = [
  ...['-f', 'lavfi', '-i', `testsrc=s=160x120:r=25:d=${SECONDS}`, '-f', 'lavfi', '-i', `sine=r=48000:d=${SECONDS}`],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-c:a', 'aac', '-b:a', '64k'],
];

let service: TestService;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-losses-'));
  service = await shareService();
}, 60_000);
afterAll(async () => {
  await service?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function make(name: string, args: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, path]);
  return path;
}

/** Writes the first part of a file, as a share of its bytes. */
async function cutOff(name: string, source: string, share: number): Promise<string> {
  const bytes = await readFile(source);
  const path = join(folder, name);
  await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * share)));
  return path;
}

/** Replaces the video packets for which `isBroken` is true with zeros. */
async function damage(name: string, source: string, isBroken: (packet: number) => boolean): Promise<string> {
  const entries = ['-select_streams', 'v', '-show_entries', 'packet=pos,size', '-of', 'csv=p=0', source];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...entries]);
  const bytes = await readFile(source);
  for (const [index, line] of stdout.trim().split('\n').entries()) {
    const [size, position] = line.split(',').map(Number);
    if (isBroken(index)) bytes.fill(0, position!, position! + size!);
  }
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Runs a job with the file. Returns its status, its failure and its warnings. */
async function convert(path: string, type: string, request: object) {
  const { fileUrl } = await upload(service, path, type, 'source');
  return transcode(service, { inputs: [{ url: fileUrl }], ...request });
}

const LADDER = { outputFormat: 'hls', ladder: [{ height: 120 }] };
const messagesOf = ({ warnings }: { warnings: { message: string }[] }) => warnings.map(({ message }) => message);
const MISSING = /^The input is damaged or truncated: ([\d.]+) of ([\d.]+) seconds can't be decoded/;

describe('a source of which a part is missing', () => {
  let intact: string;
  beforeAll(async () => {
    intact = await make('intact.mp4', [...MEDIA, '-movflags', '+faststart']);
  });

  it.each([
    ['mp4', { outputFormat: 'mp4', preset: { quality: 'low' } }],
    ['mp3', { outputFormat: 'mp3' }],
    ['options', { outputFormat: 'mkv', options: [{ option: '-c:v', argument: 'libx264' }] }],
    ['a copy', { outputFormat: 'mp4', options: [{ option: '-c', argument: 'copy' }] }],
    ['webm', { outputFormat: 'webm' }],
  ])('is converted to %s with a warning that states the missing seconds', async (_, request) => {
    const path = await cutOff('cut.mp4', intact, 0.75);
    const job = await convert(path, 'video/mp4', request);
    expect([job.status, job.error_message]).toEqual(['completed', null]);
    const [missing, all] = MISSING.exec(messagesOf(job).join('\n'))!.slice(1).map(Number);
    expect(all).toBeCloseTo(SECONDS, 1);
    expect(missing).toBeGreaterThan(0.7);
    expect(missing).toBeLessThan(3);
    expect(SECONDS - missing!).toBeCloseTo(job.outputs[0].duration_seconds, 0);
  });

  it('becomes a ladder with a warning', async () => {
    const job = await convert(await cutOff('cut.mp4', intact, 0.75), 'video/mp4', LADDER);
    expect([job.status, job.error_message]).toEqual(['completed', null]);
    expect(messagesOf(job).join('\n')).toMatch(MISSING);
  });

  it('is converted with a warning if it is Matroska', async () => {
    const mkv = await make('intact.mkv', MEDIA);
    const job = await convert(await cutOff('cut.mkv', mkv, 0.75), 'video/x-matroska', { outputFormat: 'mp4' });
    expect(job.status).toBe('completed');
    expect(messagesOf(job).join('\n')).toMatch(MISSING);
  });

  it.each([
    ['avi', 'video/x-msvideo', ['-c:v', 'mpeg4', '-c:a', 'mp2'], { outputFormat: 'mp4' }],
    ['mkv', 'video/x-matroska', [], LADDER],
    ['wav', 'audio/wav', ['-vn', '-c:a', 'pcm_s16le'], { outputFormat: 'mp3' }],
    ['flac', 'audio/flac', ['-vn', '-c:a', 'flac'], { outputFormat: 'mp3' }],
    ['mp3', 'audio/mpeg', ['-vn', '-c:a', 'libmp3lame'], { outputFormat: 'wav' }],
  ])(
    'is converted with a warning if it is %s, whose header declares its length',
    async (extension, type, args, request) => {
      const path = await make(`intact-${extension}.${extension}`, [...MEDIA, ...args]);
      expect(messagesOf(await convert(path, type, request))).toEqual([]);
      const job = await convert(await cutOff(`cut.${extension}`, path, 0.75), type, request);
      expect([job.status, job.error_message]).toEqual(['completed', null]);
      const [missing, all] = MISSING.exec(messagesOf(job).join('\n'))!.slice(1).map(Number);
      expect(all).toBeCloseTo(SECONDS, 0);
      expect(missing).toBeCloseTo(SECONDS / 4, 0);
    },
  );

  it.each([
    ['ts', 'video/mp2t', []],
    ['ogg', 'audio/ogg', ['-vn', '-c:a', 'libvorbis']],
  ])('causes no warning if it is %s, which live recordings end in the same way', async (extension, type, args) => {
    const path = await make(`live.${extension}`, [...MEDIA, ...args]);
    const job = await convert(await cutOff(`end.${extension}`, path, 0.75), type, { outputFormat: 'mp3' });
    expect([job.status, messagesOf(job)]).toEqual(['completed', []]);
  });

  it.each([
    ['thumbnails', { outputFormat: 'thumbnails', every_seconds: 1 }],
    ['a sprite', { outputFormat: 'sprite', every_seconds: 1 }],
    ['a preview', { outputFormat: 'gif', preview: { seconds: 2 } }],
    ['a video with filters', { outputFormat: 'mp4', filters: [{ filter: 'hflip' }] }],
  ])('becomes %s with a warning that its end is missing', async (_, request) => {
    const job = await convert(await cutOff('cut.mp4', intact, 0.75), 'video/mp4', request);
    expect([job.status, job.error_message]).toEqual(['completed', null]);
    expect(messagesOf(job).join('\n')).toMatch(/^The input is damaged or truncated: its end can't be decoded/);
  });

  it('becomes a still of its intact part, and fails with invalid_media for a still of its missing part', async () => {
    const path = await cutOff('cut.mp4', intact, 0.75);
    const early = await convert(path, 'video/mp4', { outputFormat: 'jpg', still: { at: 1 } });
    expect([early.status, messagesOf(early)]).toEqual(['completed', []]);
    const late = await convert(path, 'video/mp4', { outputFormat: 'jpg', still: { at: 5.5 } });
    expect([late.status, late.error_code]).toEqual(['failed', 'invalid_media']);
    expect(late.error_message).toMatch(/damaged or truncated/);
  });

  it('fails with invalid_media if less than half of it can be decoded', async () => {
    const job = await convert(await cutOff('less.mp4', intact, 0.3), 'video/mp4', { outputFormat: 'mp4' });
    expect([job.status, job.error_code]).toEqual(['failed', 'invalid_media']);
    expect(job.error_message).toMatch(MISSING);
  });

  it('fails with invalid_media if only two of its frames can be decoded', async () => {
    const video = await make('video.mp4', [...MEDIA.slice(0, 4), ...MEDIA.slice(8), '-g', '250']);
    const job = await convert(await damage('two.mp4', video, (packet) => packet > 1), 'video/mp4', {
      outputFormat: 'mp4',
    });
    expect([job.status, job.error_code]).toEqual(['failed', 'invalid_media']);
  });

  it('is converted with a warning if its sound is intact and frames in the middle cannot be decoded', async () => {
    const path = await damage('middle.mp4', intact, (packet) => packet >= 50 && packet < 100);
    const job = await convert(path, 'video/mp4', { outputFormat: 'mp4', preset: { quality: 'low' } });
    expect([job.status, job.error_message]).toEqual(['completed', null]);
    expect(messagesOf(job).join('\n')).toMatch(MISSING);
  });

  it('causes no warning if the job reads only the intact part', async () => {
    const path = await cutOff('cut.mp4', intact, 0.75);
    const job = await convert(path, 'video/mp4', { outputFormat: 'mp4', options: [{ option: '-t', argument: 2 }] });
    expect([job.status, messagesOf(job)]).toEqual(['completed', []]);
  });
});

describe('sound whose channels change', () => {
  it('keeps its times', async () => {
    const sound = (layout: string, offset: number) => [
      ...['-f', 'lavfi', '-i', 'sine=r=48000:d=3', '-af', `aformat=channel_layouts=${layout}`, '-c:a', 'aac'],
      ...['-output_ts_offset', String(offset), '-f', 'mpegts'],
    ];
    const parts = [await make('stereo.ts', sound('stereo', 0)), await make('mono.ts', sound('mono', 3))];
    const path = join(folder, 'changing.ts');
    await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
    const job = await convert(path, 'video/mp2t', { outputFormat: 'mp3' });
    expect([job.status, job.outputs[0].duration_seconds]).toEqual(['completed', expect.closeTo(6, 0)]);
  });
});

describe('the chapters and subtitles of a source', () => {
  const CHAPTERS = [
    ';FFMETADATA1',
    'title=Holiday',
    'location=+48.1371+011.5754/',
    ...['Début', 'The end'].flatMap((title, index) => [
      ...['[CHAPTER]', 'TIMEBASE=1/1000', `START=${index * 2500}`, `END=${(index + 1) * 2500}`, `title=${title}`],
    ]),
  ];
  const SUBTITLES = '1\n00:00:00,500 --> 00:00:02,000\nHello\n';
  const files: Record<string, string> = {};
  beforeAll(async () => {
    const [chapters, subtitles] = [join(folder, 'chapters.txt'), join(folder, 'subtitles.srt')];
    await writeFile(chapters, CHAPTERS.join('\n'));
    await writeFile(subtitles, SUBTITLES);
    const intact = await make('texts.mkv', MEDIA);
    const inputs = ['-i', intact, '-i', subtitles, '-i', chapters, '-map', '0', '-map', '1', '-map_metadata', '2'];
    files.mkv = await make('with-texts.mkv', [...inputs, '-c', 'copy']);
    files.mp4 = await make('with-texts.mp4', [...inputs, '-c', 'copy', '-c:s', 'mov_text']);
  });
  const TYPES = { mkv: 'video/x-matroska', mp4: 'video/mp4' } as const;

  /** Returns the text of all tags and chapters of the only output of a job. */
  async function describeOutput(id: string): Promise<string> {
    const { json } = await service.call('GET', `/v1/transcodes/${id}/download`);
    const path = join(folder, `${id}.out`);
    await writeFile(path, Buffer.from(await (await fetch(json.url)).arrayBuffer()));
    const shown = ['-show_chapters', '-show_entries', 'format_tags:stream_tags:stream=codec_name,codec_type'];
    return (await run('ffprobe', ['-v', 'error', ...shown, '-of', 'json', path])).stdout;
  }

  it.each(
    (['mkv', 'mp4'] as const).flatMap((from) =>
      (['mp4', 'mov', 'mkv', 'webm', 'm4a'] as const).map((to) => [from, to]),
    ),
  )(
    'from %s to %s: chapters are kept with their titles and nothing else, and a warning names the subtitles if they are lost',
    async (from, to) => {
      const job = await convert(files[from!]!, TYPES[from as 'mkv'], { outputFormat: to });
      expect([job.status, job.error_message]).toEqual(['completed', null]);
      expect(messagesOf(job)).toEqual(to === 'm4a' ? ["Input 1 has 1 subtitle track, which m4a can't contain."] : []);
      const output = await describeOutput(job.id);
      const { chapters } = JSON.parse(output) as { chapters: { start_time: string; tags: object }[] };
      expect(chapters.map(({ start_time, tags }) => [Number(start_time), tags])).toEqual([
        [0, { title: 'Début' }],
        [2.5, { title: 'The end' }],
      ]);
      expect(output).not.toMatch(/Holiday|48\.1371/);
    },
  );

  it('are named by warnings if the output can contain neither', async () => {
    const job = await convert(files.mkv!, TYPES.mkv, { outputFormat: 'mp3' });
    const expected = [
      "Input 1 has 1 subtitle track, which mp3 can't contain.",
      "Input 1 has 2 chapters, which mp3 can't contain.",
    ];
    expect([job.status, messagesOf(job)]).toEqual(['completed', expected]);
  });

  it('are dropped without a warning if the options drop them', async () => {
    const options = [{ option: '-sn' }, { option: '-map_chapters', argument: -1 }];
    const job = await convert(files.mp4!, TYPES.mp4, { outputFormat: 'mkv', options });
    expect([job.status, messagesOf(job)]).toEqual(['completed', []]);
    const { chapters, streams } = JSON.parse(await describeOutput(job.id));
    expect([chapters, streams.filter((stream: { codec_type: string }) => stream.codec_type === 'subtitle')]).toEqual([
      [],
      [],
    ]);
  });

  it('are kept in a copy of the streams', async () => {
    const options = [{ option: '-c', argument: 'copy' }];
    const job = await convert(files.mp4!, TYPES.mp4, { outputFormat: 'mp4', options });
    expect([job.status, messagesOf(job)]).toEqual(['completed', []]);
    const { chapters, streams } = JSON.parse(await describeOutput(job.id));
    expect([chapters.length, streams.map((stream: { codec_name: string }) => stream.codec_name)]).toEqual([
      2,
      // The last track contains the titles of the chapters.
      ['h264', 'aac', 'mov_text', 'bin_data'],
    ]);
  });
});

describe('an encrypted source', () => {
  it.each(['', '+frag_keyframe+empty_moov'])('is rejected as encrypted with the flags "%s"', async (flags) => {
    const key = '00112233445566778899aabbccddeeff';
    const path = await make('encrypted.mp4', [
      ...MEDIA,
      ...['-encryption_scheme', 'cenc-aes-ctr', '-encryption_key', key, '-encryption_kid', key],
      ...['-movflags', flags || '+faststart'],
    ]);
    const rejected = await upload(service, path, 'video/mp4', 'encrypted.mp4').catch((error: Error) => error.message);
    expect(JSON.stringify(rejected)).toMatch(/is encrypted/);
  });
});

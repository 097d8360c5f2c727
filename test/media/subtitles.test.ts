import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transcode, upload } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { shareService, type TestService } from '../../testkit/service.ts';

const INPUTS = ['-f', 'lavfi', '-i', 'testsrc=s=160x120:r=25:d=6', '-f', 'lavfi', '-i', 'sine=r=48000:d=6'];
const MEDIA = ['-map', '0', '-map', '1', '-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-c:a', 'aac'];
const LINES = '1\n00:00:01,000 --> 00:00:02,000\nGrüße <i>now</i>\n\n2\n00:00:03,500 --> 00:00:05,000\nBye\n';
const messagesOf = ({ warnings }: { warnings: { message: string }[] }) => warnings.map(({ message }) => message);

let service: TestService;
let folder: string;
const sources: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-subtitles-'));
  service = await shareService();
  const tags = ['-metadata:s:s:0', 'language=ger', '-metadata:s:s:1', 'title=Secret'];
  const with2 = async (name: string, ...args: string[]) =>
    make(name, LINES, ['-map', '2', '-map', '2', ...tags, ...args]);
  sources.srt = await with2('srt.mkv', '-c:s', 'srt');
  sources.ass = await with2('ass.mkv', '-c:s', 'ass');
  sources.mov = await with2('mov.mp4', '-c:s', 'mov_text');
}, 60_000);
afterAll(async () => {
  await service?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Makes a video whose third input is a file of subtitles. */
async function make(name: string, lines: string, args: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(`${path}.srt`, lines);
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...INPUTS, '-i', `${path}.srt`, ...MEDIA, ...args, path]);
  return path;
}

async function convert(path: string, request: object) {
  const type = path.endsWith('mp4') ? 'video/mp4' : 'video/x-matroska';
  const { fileUrl } = await upload(service, path, type, 'source');
  const job = await transcode(service, { inputs: [{ url: fileUrl }], ...request });
  expect([job.status, job.error_message]).toEqual(['completed', null]);
  const { json } = await service.call('GET', `/v1/transcodes/${job.id}/download`);
  const output = join(folder, `${job.id}.out`);
  await writeFile(output, Buffer.from(await (await fetch(json.url)).arrayBuffer()));
  return { job, output };
}

/** Returns the codec and the language of each subtitle track, and the entire report of ffprobe as text. */
async function tracksOf(path: string) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', path]);
  const streams: { codec_name: string; codec_type: string; tags?: Record<string, string> }[] =
    JSON.parse(stdout).streams;
  const subtitles = streams.filter(({ codec_type }) => codec_type === 'subtitle');
  return { all: stdout, tracks: subtitles.map(({ codec_name, tags }) => [codec_name, tags?.language]) };
}

/** Returns the start of each subtitle in seconds, and its text. */
async function linesOf(path: string, track: number): Promise<(string | number)[][]> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, '-map', `0:s:${track}`, '-f', 'srt', '-']);
  return stdout
    .trim()
    .split(/\n\n+/)
    .map((cue) => {
      const [, times = '', ...text] = cue.split('\n');
      const [hours, minutes, seconds] = times.split(' ')[0]!.replace(',', '.').split(':').map(Number);
      return [hours! * 3600 + minutes! * 60 + seconds!, text.join(' ').replace(/<[^>]*>|\{[^}]*\}/g, '')];
    });
}

const EXPECTED = [
  [expect.closeTo(1, 1), 'Grüße now'],
  [expect.closeTo(3.5, 1), 'Bye'],
];

describe('the text subtitles of a source', () => {
  it.each([
    ['srt', 'mp4', 'mov_text'],
    ['srt', 'mov', 'mov_text'],
    ['srt', 'mkv', 'subrip'],
    ['srt', 'webm', 'webvtt'],
    ['mov', 'mp4', 'mov_text'],
    ['mov', 'mkv', 'subrip'],
    ['mov', 'webm', 'webvtt'],
    ['ass', 'mkv', 'ass'],
    ['ass', 'mp4', 'mov_text'],
  ])('of %s are kept in %s as %s, with their times and languages, and without titles', async (from, to, codec) => {
    const { job, output } = await convert(sources[from!]!, { outputFormat: to });
    expect(messagesOf(job)).toEqual([]);
    const { tracks, all } = await tracksOf(output);
    expect(tracks.map(([name]) => name)).toEqual([codec, codec]);
    expect(tracks[0]![1]).toBe('ger');
    expect(all).not.toContain('Secret');
    expect(await linesOf(output, 0)).toEqual(EXPECTED);
    expect(await linesOf(output, 1)).toEqual(EXPECTED);
    expect((await readFile(output)).toString('latin1')).not.toContain('<font');
  });

  it('are kept if options encode the video', async () => {
    const options = [
      { option: '-c:v', argument: 'libx264' },
      { option: '-vf', argument: 'scale=80:-2' },
    ];
    const { job, output } = await convert(sources.srt!, { outputFormat: 'mp4', options });
    expect(messagesOf(job)).toEqual([]);
    expect(await linesOf(output, 0)).toEqual(EXPECTED);
  });

  it('are kept in each output that can contain them, and a warning states that the ladder lacks them', async () => {
    const { fileUrl: url } = await upload(service, sources.srt!, 'video/x-matroska', 'source.mkv');
    const outputs = [{ outputFormat: 'mp4' }, { outputFormat: 'mkv' }, { outputFormat: 'hls', ladder: 'auto' }];
    const job = await transcode(service, { inputs: [{ url }], outputs });
    expect(job.outputs.map(({ error_message }: { error_message: string }) => error_message)).toEqual([
      null,
      null,
      null,
    ]);
    expect(messagesOf(job)).toEqual([
      'Input 1 has 2 subtitle tracks, which a ladder contains only if you send them in `subtitles`.',
    ]);
    for (const name of ['mp4', 'mkv']) {
      const { json } = await service.call('GET', `/v1/transcodes/${job.id}/download?output=${name}`);
      const path = join(folder, `several.${name}`);
      await writeFile(path, Buffer.from(await (await fetch(json.url)).arrayBuffer()));
      expect(await linesOf(path, 1)).toEqual(EXPECTED);
    }
  });

  it('cause a warning if inputs are joined', async () => {
    const urls = [];
    for (const path of [sources.srt!, sources.ass!]) {
      urls.push({ url: (await upload(service, path, 'video/x-matroska', 'source.mkv')).fileUrl });
    }
    const job = await transcode(service, { inputs: urls, outputFormat: 'mp4' });
    expect([job.status, job.error_message]).toEqual(['completed', null]);
    expect(messagesOf(job)).toEqual([
      expect.stringContaining("Input 1 has 2 subtitle tracks, which Airlock doesn't keep."),
      expect.stringContaining("Input 2 has 2 subtitle tracks, which Airlock doesn't keep."),
    ]);
  });

  it('are counted by a probe', async () => {
    const { fileUrl: url } = await upload(service, sources.srt!, 'video/x-matroska', 'source.mkv');
    expect((await service.call('POST', '/v1/probe', { url })).json.subtitle_count).toBe(2);
  });

  it.each([
    ['a trim', [{ option: '-ss', argument: 1 }]],
    ['a change of speed', [{ option: '-vf', argument: 'setpts=PTS/2' }, { option: '-an' }]],
  ])('cause a warning after %s', async (_, options) => {
    const { job, output } = await convert(sources.srt!, { outputFormat: 'mp4', options });
    expect(messagesOf(job)).toContain(
      'Input 1 has 2 subtitle tracks, which Airlock keeps only if the output contains the entire input at its own speed.',
    );
    expect((await tracksOf(output)).tracks).toEqual([]);
  });

  it.each(['mp4', 'mkv'])(
    'are kept in %s, except subtitles that FFmpeg cannot decode, which a warning counts',
    async (to) => {
      const long = await make('long.mkv', `${LINES}\n3\n00:00:05,000 --> 00:00:05,500\n${'words '.repeat(12_000)}\n`, [
        ...['-map', '2', '-c:s', 'srt'],
      ]);
      const { job, output } = await convert(long, { outputFormat: to });
      expect(messagesOf(job)).toEqual([
        "Input 1 has 1 subtitle that Airlock can't keep: drawings, damaged or long texts, or too much text.",
      ]);
      expect(await linesOf(output, 0)).toEqual(EXPECTED);
    },
  );

  it.each(['mp4', 'mkv', 'webm'])(
    'are shown in %s at their times, also after an hour without subtitles',
    async (to) => {
      const late = '1\n00:00:01,000 --> 00:00:02,000\nA\n\n2\n01:00:03,000 --> 01:50:04,000\nB\n';
      const path = await make('late.mkv', late, ['-map', '2', '-c:s', 'srt']);
      const { job, output } = await convert(path, { outputFormat: to });
      expect(messagesOf(job)).toEqual([]);
      expect(await linesOf(output, 0)).toEqual([
        [expect.closeTo(1, 1), 'A'],
        [expect.closeTo(3603, 1), 'B'],
      ]);
    },
  );

  it.each(['mp4', 'mkv', 'webm'])(
    'of ASS with fonts, comments and a drawing reach %s without anything hidden',
    async (to) => {
      const event = (time: string, text: string) =>
        `Dialogue: 0,${time},Default,Secret speaker,0,0,0,Secret fx,${text}`;
      const ass = [
        ...[
          '[Script Info]',
          '; Secret editor',
          'Title: Secret title',
          'ScriptType: v4.00+',
          '',
          '[Secret]',
          'File: Secret.mkv',
        ],
        ...['', '[V4+ Styles]', 'Format: Name, Fontname, Fontsize', 'Style: Default,Arial,16', '', '[Events]'],
        'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text',
        event('0:00:01.00,0:00:02.00', 'Grüße {Secret note}{\\i1}now'),
        event('0:00:02.00,0:00:03.00', '{\\p1}m 0 0 l 100 0 100 100{\\p0}'),
        event('0:00:03.50,0:00:05.00', 'Bye'),
      ];
      const [path, font] = [join(folder, 'styled.mkv'), join(folder, 'Secret.ttf')];
      await writeFile(`${path}.ass`, ass.join('\n'));
      await writeFile(font, 'Secret font');
      const attached = ['-attach', font, '-metadata:s:t', 'mimetype=application/x-truetype-font'];
      const args = ['-i', `${path}.ass`, ...MEDIA, '-map', '2', '-c:s', 'copy', ...attached, path];
      await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...INPUTS, ...args]);
      const { job, output } = await convert(path, { outputFormat: to });
      expect(messagesOf(job)).toEqual([expect.stringContaining('Input 1 has 1 subtitle that')]);
      expect((await readFile(output)).toString('latin1')).not.toContain('Secret');
      expect(await linesOf(output, 0)).toEqual(EXPECTED);
    },
  );

  it('of MP4 that are not UTF-8 are counted as a lost track', async () => {
    const path = join(folder, 'latin.mp4');
    const bytes = await readFile(sources.mov!);
    const at = bytes.indexOf('Grüße');
    bytes[at + 2] = 0xff;
    await writeFile(path, bytes);
    const { job, output } = await convert(path, { outputFormat: 'mkv' });
    expect(messagesOf(job)).toEqual(["Input 1 has 1 subtitle track, which Airlock doesn't keep."]);
    expect((await tracksOf(output)).tracks).toHaveLength(1);
  });
});

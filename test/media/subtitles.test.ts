import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
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

  it.each([
    ['a trim', [{ option: '-ss', argument: 1 }]],
    ['a change of speed', [{ option: '-vf', argument: 'setpts=PTS/2' }, { option: '-an' }]],
  ])('are named by a warning after %s', async (_, options) => {
    const { job, output } = await convert(sources.srt!, { outputFormat: 'mp4', options });
    expect(messagesOf(job)).toContain(
      'Input 1 has 2 subtitle tracks, which Airlock keeps only if the output contains the entire input at its own speed.',
    );
    expect((await tracksOf(output)).tracks).toEqual([]);
  });

  it('are kept up to 16 MB, and a warning names the rest', async () => {
    const cues = Array.from({ length: 800 }, (_, index) => {
      const time = `00:00:${String(1 + Math.floor(index / 200)).padStart(2, '0')},${String((index % 200) * 5).padStart(3, '0')}`;
      return `${index + 1}\n${time} --> 00:00:05,500\n${'words '.repeat(5000)}\n`;
    });
    const long = await make('long.mkv', cues.join('\n'), ['-map', '2', '-c:s', 'srt']);
    const { job, output } = await convert(long, { outputFormat: 'mkv' });
    expect(messagesOf(job)).toEqual(['Input 1 has too many subtitles, of which the output has the first.']);
    expect((await stat(output)).size).toBeLessThan(20 * 2 ** 20);
  });
});

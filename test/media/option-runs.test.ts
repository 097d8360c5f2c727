import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BITSTREAM_FILTERS } from '../../src/ffmpeg/policy/encoders/bitstream-filters.ts';
import { FORMAT_DEFAULTS, findEncoder } from '../../src/ffmpeg/policy/encoders/encoders.ts';
import { exampleValues } from '../../src/ffmpeg/policy/options/option-row.ts';
import { OPTION_TABLE, type OptionRow } from '../../src/ffmpeg/policy/options/option-table.ts';
import { isRejection, optionArgs, parseOption } from '../../src/ffmpeg/policy/options/options.ts';
import { run } from '../../testkit/run.ts';

const OPTIONS = { timeout: 60_000, maxBuffer: 8 * 2 ** 20 };
/** Number of outputs per command, because starting FFmpeg takes longer than encoding a few tiny frames. */
const BATCH = 24;

let dir = '';
/** Paths of a clip, an animation and a picture, for options of inputs. */
const files = { mov: '', gif: '', png: '' };

/** Options for a single thread. Several threads would take longer to start than to work. */
const SERIAL = ['-threads', '1'];

interface Case {
  name: string;
  /** Arguments of the input, including `-i`. */
  input: string[];
  output: string[];
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'airlock-options-'));
  const source = ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=10:d=0.3'];
  const sound = ['-f', 'lavfi', '-i', 'sine=d=0.3,aformat=channel_layouts=stereo'];
  files.mov = join(dir, 'clip.mp4');
  files.gif = join(dir, 'clip.gif');
  files.png = join(dir, 'clip.png');
  const clip = [...sound, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  await run('ffmpeg', [...source, ...clip, '-shortest', files.mov], OPTIONS);
  await run('ffmpeg', [...source, files.gif], OPTIONS);
  await run('ffmpeg', [...source, '-frames:v', '1', '-update', '1', files.png], OPTIONS);
}, 60_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

/** Options that each encoder needs to accept the clip. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  libx264: ['-pix_fmt', 'yuv420p'],
  libsvtav1: ['-preset', '12'],
  libvpx: ['-deadline', 'realtime', '-cpu-used', '8'],
  'libvpx-vp9': ['-deadline', 'realtime', '-cpu-used', '8'],
  dnxhd: ['-pix_fmt', 'yuv422p', '-profile:v', 'dnxhr_lb', '-s', '256x120'],
  libopus: ['-ar', '48000'],
  png: ['-frames:v', '1', '-update', '1'],
  libwebp: ['-frames:v', '1'],
};

const PROFILE_FORMATS: Readonly<Record<string, string>> = {
  high10: 'yuv420p10le',
  high422: 'yuv422p',
  high444: 'yuv444p',
  main10: 'yuv420p10le',
  main12: 'yuv420p12le',
  'main10-intra': 'yuv420p10le',
  'main422-10': 'yuv422p10le',
  'main422-10-intra': 'yuv422p10le',
  'main444-8': 'yuv444p',
  'main444-10': 'yuv444p10le',
  'main444-12': 'yuv444p12le',
  'main444-intra': 'yuv444p',
  dnxhr_hqx: 'yuv422p10le',
  dnxhr_444: 'yuv444p10le',
  '1': 'yuv444p',
};

function encodersOf(row: OptionRow): (string | null)[] {
  if (row.value.type === 'by-encoder') return Object.keys(row.value.of);
  return [...(row.encoders ?? [null])];
}

function casesOf(row: OptionRow): Case[] {
  return encodersOf(row).flatMap((encoder) => exampleValues(row, encoder).map((value) => caseOf(row, encoder, value)));
}

function caseOf(row: OptionRow, encoder: string | null, value: string | number | null): Case {
  const scope = row.scopes.includes('output') ? 'output' : 'input';
  const known = encoder === null ? null : findEncoder(encoder);
  const specifier = row.specifiers.length === 0 ? '' : known ? `:${known.kind.charAt(0)}` : `:${row.specifiers[0]}`;
  const option = `-${row.name}${specifier}`;
  const parsed = parseOption(value === null ? { option } : { option, argument: value }, scope, 'options[0]');
  const name = `${option} ${value ?? ''} ${encoder ?? ''}`;
  if (isRejection(parsed)) throw new Error(`${name}: ${parsed.reason}`);
  const args = optionArgs(parsed);
  if (scope === 'input') {
    const file = row.demuxers?.includes('gif') ? files.gif : row.name === 'framerate' ? files.png : files.mov;
    const still = row.name === 'framerate' ? ['-loop', '1', '-t', '0.5'] : [];
    return { name, input: [...SERIAL, ...still, ...args, '-i', file], output: ['-f', 'null', '-'] };
  }
  return {
    name,
    input: [...SERIAL, '-i', files.mov],
    output: [...surroundings(row, encoder, value), ...args, '-y', ...target(row, encoder)],
  };
}

function surroundings(row: OptionRow, encoder: string | null, value: string | number | null): string[] {
  const format = row.formats?.[0];
  const codec = encoder ?? encoderFor(row, value);
  const args = ['-map_metadata', '-1'];
  if (codec)
    args.push(
      findEncoder(codec)?.kind === 'audio' ? '-vn' : '-an',
      `-c:${findEncoder(codec)?.kind === 'audio' ? 'a' : 'v'}`,
      codec,
      ...SERIAL,
    );
  else if (format) args.push(FORMAT_DEFAULTS[format].video ? '-an' : '-vn');
  const pixels = row.name === 'profile' && codec !== 'prores_ks' ? PROFILE_FORMATS[String(value)] : undefined;
  if (codec && NEEDS[codec] && !row.value.type.includes('size') && row.name !== 'pix_fmt') args.push(...NEEDS[codec]);
  if (pixels) args.push('-pix_fmt', pixels);
  return args.filter((arg, index) => !(arg === `-${row.name}` || args[index - 1] === `-${row.name}`));
}

/** Returns an encoder that accepts every value of an option of several encoders. */
function encoderFor(row: OptionRow, value: string | number | null): string | null {
  if (row.formats) return null;
  if (row.name === 'pix_fmt') return 'rawvideo';
  if (row.name === 'channel_layout' || row.name === 'copyinkf') return null;
  if (row.name === 'mbd' || row.name === 'qblur') return 'mpeg4';
  if (row.name === 'b' || row.name === 'c' || row.name === 'map' || value === null) return null;
  return row.specifiers[0] === 'a' ? 'aac' : row.specifiers[0] === 'v' ? 'libx264' : null;
}

/** Example values of keys that have their own grammar. */
const EXAMPLES: Readonly<Record<string, string>> = {
  level: '4.1',
  sample_aspect_ratio: '1/1',
  tick_rate: '60/1',
  pass_types: '1-31',
  remove_types: '6',
};
let outputs = 0;
function target(row: OptionRow, encoder: string | null): string[] {
  const format = row.formats?.[0];
  if (row.name === 'f') return ['-'];
  if (format)
    return ['-f', FORMAT_DEFAULTS[format].muxer, join(dir, `${++outputs}.${FORMAT_DEFAULTS[format].extension}`)];
  if (encoder !== null && row.name === 'update') return ['-f', 'image2', join(dir, `${++outputs}.png`)];
  return ['-f', 'null', '-'];
}

/**
 * Matches messages that an option was not applied. `-timecode` is excluded, because it also becomes a tag, and only MPEG-2 has the option.
 */
const COMPLAINT =
  /.*(?:(?<!gop_timecode.*)has not been used for any stream|[Uu]nrecognized option|Invalid value|Error parsing option).*/;

/**
 * Runs several cases as the outputs of one command. Returns the error text of FFmpeg, or ''. Cases with the same input share it, so that
 * FFmpeg decodes it once.
 */
async function runCases(cases: readonly Case[]): Promise<string> {
  const inputs = [...new Map(cases.map(({ input }) => [input.join(' '), input])).values()];
  const args = ['-nostdin', '-v', 'warning', ...inputs.flat()];
  for (const { input, output } of cases) {
    const index = inputs.findIndex((one) => one.join(' ') === input.join(' '));
    args.push(
      '-map',
      `${index}:v?`,
      ...(output.includes('-f') && output.includes('gif') ? [] : ['-map', `${index}:a?`]),
      ...output,
    );
  }
  try {
    const { stderr } = await run('ffmpeg', args, OPTIONS);
    return COMPLAINT.exec(stderr)?.[0] ?? '';
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error).slice(-600);
  }
}

async function failuresOf(cases: readonly Case[]): Promise<string[]> {
  const failures: string[] = [];
  const batches: Case[][] = [];
  for (let index = 0; index < cases.length; index += BATCH) batches.push(cases.slice(index, index + BATCH));
  const work = async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) {
      if ((await runCases(batch)) === '') continue;
      for (const one of batch) {
        const failure = await runCases([one]);
        if (failure) failures.push(`${one.name}: ${failure}`);
      }
    }
  };
  await Promise.all([work(), work()]);
  return failures;
}

const BSF_ENCODER: readonly (readonly [string, string])[] = [
  ['aac', 'aac'],
  ['av1', 'libsvtav1'],
  ['eac3', 'eac3'],
  ['hevc', 'libx265'],
  ['mpeg4', 'mpeg4'],
  ['opus', 'libopus'],
  ['pcm', 'pcm_s16le'],
  ['prores', 'prores_ks'],
  ['vp9', 'libvpx-vp9'],
];

describe('each option of the table', () => {
  it('runs in FFmpeg with its example value, and applies to a stream', async () => {
    const rows = OPTION_TABLE.filter((row) => !row.ignored && row.name !== 'f');
    const cases = rows.flatMap(casesOf);
    expect(await failuresOf(cases)).toEqual([]);
  }, 120_000);

  it.each(Object.entries(BITSTREAM_FILTERS))('-bsf runs with the filter %s', async (name, keys) => {
    const encoder = BSF_ENCODER.find(([prefix]) => name.startsWith(prefix))?.[1] ?? 'libx264';
    const pairs = Object.entries(keys).map(([key, rule]) => {
      const value = 'min' in rule ? rule.min : 'pattern' in rule ? EXAMPLES[key] : rule[0];
      return `${name}=${key}=${value}`;
    });
    const row = OPTION_TABLE.find((one) => one.name === 'bsf')!;
    const cases = [name, ...pairs].map((value) => caseOf(row, encoder, value));
    expect(await failuresOf(cases)).toEqual([]);
  });
});

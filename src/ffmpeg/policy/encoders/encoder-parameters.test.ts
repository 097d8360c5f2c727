import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../../testkit/run.ts';
import {
  type ParameterRule,
  type ParameterRules,
  SVTAV1_PARAMETERS,
  X264_PARAMETERS,
  X265_PARAMETERS,
} from './encoder-parameters.ts';

/** Values that the grammars allow, with their extreme values if they have any. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  deblock: ['-6,-6', '6,6', '0'],
  sar: ['1/1', '64/45', '1', '16'],
  cll: ['1000,400', '65535,65535'],
  'max-cll': ['1000,400', '65535,65535'],
  'content-light': ['1000,400', '65535,65535'],
  'mastering-display': [
    'G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)',
    'G(0.265,0.690)B(0.150,0.060)R(0.680,0.320)WP(0.3127,0.3290)L(1000.0,0.01)',
  ],
  'master-display': ['G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)'],
  'psy-rd': ['0', '10.0,10.0', '1.0,0.15'],
  partitions: ['none', 'all', 'p8x8,b8x8,i8x8,i4x4'],
  level: ['1', '4.1', '6.2', '41', '1b'],
  'level-idc': ['3', '4.1', '6.2', '41'],
};

/** Other parameters without which a value has no effect. */
const COMPANIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  libx264: { direct: 'subme=6' },
  libx265: {
    bframes: 'rc-lookahead=40',
    'rc-lookahead': 'bframes=0',
    'strict-cbr': 'bitrate=500:vbv-maxrate=500:vbv-bufsize=500',
  },
  libsvtav1: { tbr: 'rc=1', 'startup-mg-size': 'hierarchical-levels=5' },
};

/** Parameters that limit each of the many encoders of a process to one thread. */
const SERIAL: Readonly<Record<string, string>> = {
  libx264: 'threads=1',
  libx265: 'pools=none:frame-threads=1',
  libsvtav1: 'lp=1',
};

function extremes(key: string, rule: ParameterRule): readonly string[] {
  if ('min' in rule) return [...new Set([rule.min, rule.max])].map(String);
  if (!('pattern' in rule)) return rule;
  const fitting = (SAMPLES[key] ?? []).filter((value) => rule.pattern.test(value));
  if (fitting.length === 0) throw new Error(`no sample for ${key}`);
  return fitting;
}

/** Matches messages of encoders and FFmpeg about a parameter that they reject. */
const REJECTION_MESSAGE =
  /error parsing option|unknown option|invalid value|bad value|unrecognized|not supported|failed|\berror\b/i;

/** Matches lines that are only advice, or that describe the machine. */
const HARMLESS = /thread priority|Recommended Settings/;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-parameters-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Encodes a few frames for each text, with many texts in one process. Returns the texts that the encoder rejects. */
async function rejectedBy(encoder: string, option: string, texts: readonly string[], more: readonly string[]) {
  // AV1 estimates film grain from flat blocks, of which a smaller picture has too few.
  const size = encoder === 'libsvtav1' ? '128x128' : '64x64';
  const source = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=10:d=0.3`];
  const output = (text: string) => ['-map', '0:v', '-c:v', encoder, ...more, option, text, '-f', 'null', '-'];
  const encode = async (some: readonly string[]): Promise<string[]> => {
    const args = ['-hide_banner', '-nostdin', '-v', 'warning', ...source, ...some.flatMap(output)];
    const all = await run('ffmpeg', args, { cwd: folder, timeout: 60_000 }).then(
      ({ stderr }) => stderr,
      (error) => `error ${error.stderr}`,
    );
    const messages = all.split('\n').filter((line) => REJECTION_MESSAGE.test(line) && !HARMLESS.test(line));
    if (messages.length === 0) return [];
    if (some.length === 1) return [`${some[0]}: ${messages.join(' ')}`];
    const half = some.length >> 1;
    return [...(await encode(some.slice(0, half))), ...(await encode(some.slice(half)))];
  };
  const rejected: string[] = [];
  for (let start = 0; start < texts.length; start += 24)
    rejected.push(...(await encode(texts.slice(start, start + 24))));
  return rejected;
}

const texts = (encoder: string, rules: ParameterRules) =>
  Object.entries(rules).flatMap(([key, rule]) => {
    const companion = COMPANIONS[encoder]?.[key];
    const rest = [companion, SERIAL[encoder]].filter((text) => text !== undefined);
    return extremes(key, rule).map((value) => [`${key}=${value}`, ...rest].join(':'));
  });

describe('the parameters of an encoder', () => {
  test.each([
    ['libx264', '-x264-params', X264_PARAMETERS, ['-preset', 'ultrafast']],
    ['libx265', '-x265-params', X265_PARAMETERS, ['-preset', 'ultrafast']],
    ['libsvtav1', '-svtav1-params', SVTAV1_PARAMETERS, ['-preset', '12']],
  ] as const)(
    'of %s are accepted at both ends of their range, and write no file',
    async (encoder, option, rules, more) => {
      expect(await rejectedBy(encoder, option, texts(encoder, rules), more)).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    },
    120_000,
  );

  test('are reported as rejected if the encoder does not have them', async () => {
    expect(await rejectedBy('libx264', '-x264-params', ['nonsense=1'], [])).toHaveLength(1);
    expect(await rejectedBy('libx265', '-x265-params', ['nonsense=1'], [])).toHaveLength(1);
    expect(await rejectedBy('libsvtav1', '-svtav1-params', ['nonsense=1'], ['-preset', '12'])).toHaveLength(1);
  });

  test('do not name files, threads or logs', () => {
    const keys = [X264_PARAMETERS, X265_PARAMETERS, SVTAV1_PARAMETERS].flatMap(Object.keys);
    const dangerous =
      /file|stats|csv|log(?!-level)|dump|thread|pool|numa|recon|opencl|asm|^zone|analysis|pmode|pme|^lp$|pin$|table|dhdr10|dolby|pass$/;
    expect(keys.filter((key) => dangerous.test(key))).toEqual([]);
  });
});

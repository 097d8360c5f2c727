import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputFormat } from '../../src/contract/formats.ts';
import { run } from '../../testkit/run.ts';
import { openWorkshop, type Workshop } from './helpers.ts';

const RATE = 48_000;
/** A beep with each flash, once a second, for eight seconds. */
const FLASHES = "color=black:s=64x48:r=25:d=8,drawbox=c=white:t=fill:enable='lt(mod(t+0.001,1),0.04)'";
const BEEPS = `aevalsrc='if(lt(mod(t,1),0.04),0.8*sin(2*PI*1000*t),0)':s=${RATE}:d=8`;
/** Removes the packets of the audio from 2.95 s to 4.95 s. */
const GAP = 'noise=drop=gte(pts*tb\\,2.95)*lt(pts*tb\\,4.95)';
const MAX_OFFSET = 0.02;

let shop: Workshop;
let source: string;
/** A source by the name of its defect, with the seconds at which its beeps sound. */
const sources: Record<string, { file: string; beeps: number[] }> = {};
const GAPPED = [0, 1, 2, 5, 6, 7];
const LATE = [0, 1, 2, 3, 4, 5, 6, 7].map((second) => second + 1.5);
/** Matroska stores no negative times, so the delay of the encoder moves all streams. */
const DELAY = 1024 / RATE;

beforeAll(async () => {
  shop = await openWorkshop();
  const encoded = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'];
  source = await shop.make('source.mp4', ['-f', 'lavfi', '-i', FLASHES, '-f', 'lavfi', '-i', BEEPS, ...encoded]);
  const late = ['-i', source, '-itsoffset', '1.5', '-i', source, '-map', '0:v', '-map', '1:a', '-c', 'copy'];
  const gap = ['-i', source, '-c', 'copy', '-bsf:a', GAP];
  sources.gap = { file: await shop.make('gap.mp4', gap), beeps: GAPPED };
  sources['gap in MKV'] = { file: await shop.make('gap.mkv', gap), beeps: GAPPED.map((second) => second + DELAY) };
  sources['late start'] = { file: await shop.make('late.mp4', late), beeps: LATE };
  sources['late start in TS'] = { file: await shop.make('late.ts', late), beeps: LATE };
}, 60_000);
afterAll(() => shop.remove());

/** Decodes the audio of a file as a player of samples does, which ignores gaps between the times of packets. */
async function samplesOf(path: string): Promise<Float32Array> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:a:0', ...decoded(1)], {
    ...{ encoding: 'buffer', maxBuffer: 64 * 2 ** 20 },
  });
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength));
}

const decoded = (channels: number) => ['-ar', String(RATE), '-ac', String(channels), '-f', 'f32le', '-'];

function beepsOf(samples: Float32Array): number[] {
  const beeps: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const [at, sample] of samples.entries()) {
    if (Math.abs(sample) < 0.2) continue;
    if (at - last > RATE / 10) beeps.push(at / RATE);
    last = at;
  }
  return beeps;
}

const FORMATS: readonly OutputFormat[] = ['mp3', 'wav', 'm4a', 'opus', 'ogg', 'flac', 'aac', 'avi'];

describe.each(['gap', 'gap in MKV', 'late start', 'late start in TS'])('sound with a %s', (name) => {
  it.each(FORMATS)('keeps the times of its source in %s', async (outputFormat) => {
    const { file, beeps: expected } = sources[name]!;
    const { path } = await shop.transcode([file], { outputFormat });
    // ADTS stores no delay of the encoder. In AVI, the delay of the encoder replaces the beginning of the sound.
    const delay = outputFormat === 'aac' ? DELAY : 0;
    const start = outputFormat === 'avi' ? 1105 / RATE : 0;
    const beeps = beepsOf(await samplesOf(path)).map((second) => second - delay);
    expect(beeps).toHaveLength(expected.length);
    for (const [index, second] of expected.entries()) {
      expect(Math.abs(beeps[index]! - Math.max(start, second))).toBeLessThan(MAX_OFFSET);
    }
  });

  it('stays in time after a trim', async () => {
    const options = [{ option: '-ss', argument: '2.5' }];
    const { file, beeps } = sources[name]!;
    const { path } = await shop.transcode([file], { outputFormat: 'wav', options });
    const [first] = beepsOf(await samplesOf(path));
    const expected = beeps.find((second) => second >= 2.5)! - 2.5;
    expect(Math.abs(first! - expected)).toBeLessThan(MAX_OFFSET);
  });
});

describe('sound without gaps', () => {
  const TONE = ['-f', 'lavfi', '-i', "aevalsrc='0.5*sin(2*PI*440*t)*(1+0.3*sin(t))|0.4*sin(2*PI*333*t)':s=44100:d=2.3"];
  const hashOf = async (args: string[]) => {
    const pcm = ['-map', '0:a:0', '-c:a', 'pcm_s16le', '-f', 's16le', '-'];
    const { stdout } = await run('ffmpeg', ['-v', 'error', ...args, ...pcm], { encoding: 'buffer' });
    return createHash('sha256').update(stdout).digest('hex');
  };

  it.each([
    ['m4a', 'aac'],
    ['mkv', 'aac'],
    ['mp4', 'libmp3lame'],
    ['mp3', 'libmp3lame'],
    ['webm', 'libopus'],
    ['ogg', 'libvorbis'],
    ['opus', 'libopus'],
    ['webm', 'libvorbis'],
    ['ts', 'aac'],
    ['flv', 'aac'],
    ['avi', 'libmp3lame'],
  ])('has the same samples as its source: %s with %s', async (extension, encoder) => {
    const file = await shop.make(`plain-${encoder}.${extension}`, [...TONE, '-c:a', encoder]);
    const { path } = await shop.transcode([file], { outputFormat: 'wav' });
    expect(await hashOf(['-i', path])).toBe(await hashOf(['-i', file]));
  });
});

/** Returns the peak of the samples in decibels of full scale, and their loudness in LUFS. */
async function levelsOf(path: string): Promise<{ peak: number; loudness: number }> {
  const filters = 'aformat=channel_layouts=stereo:sample_fmts=flt,ebur128=peak=sample';
  const { stderr } = await run('ffmpeg', ['-nostats', '-i', path, '-af', filters, '-f', 'null', '-']);
  const read = (pattern: RegExp) => Number(pattern.exec(stderr.slice(stderr.lastIndexOf('Summary')))?.[1]);
  return { peak: read(/Peak:\s+(-?[\d.]+) dBFS/), loudness: read(/I:\s+(-?[\d.]+) LUFS/) };
}

describe('surround sound that is mixed to stereo', () => {
  const surround = (level: number, centre = level) =>
    `aevalsrc='${[level, level, centre, 0, level, level].map((one) => `${one}*sin(2*PI*440*t)`).join('|')}':s=${RATE}:d=4:c=5.1`;

  it.each(['mp4', 'm4a', 'mp3', 'opus', 'ogg', 'aac'] as const)('does not clip in %s', async (outputFormat) => {
    const file = await shop.make('loud.mkv', [
      ...['-f', 'lavfi', '-i', 'color=s=64x48:r=5:d=4', '-f', 'lavfi', '-i', surround(0.9)],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'ac3', '-b:a', '448k'],
    ]);
    const { path } = await shop.transcode([file], { outputFormat });
    expect((await levelsOf(path)).peak).toBeLessThanOrEqual(-0.1);
  });

  it('keeps the level of dialogue', async () => {
    const file = await shop.make('dialogue.mka', ['-f', 'lavfi', '-i', surround(0.01, 0.1), '-c:a', 'ac3']);
    const { path } = await shop.transcode([file], { outputFormat: 'm4a' });
    const mixed = await levelsOf(path);
    const plain = await levelsOf(file);
    expect(Math.abs(mixed.loudness - plain.loudness)).toBeLessThanOrEqual(0.1);
  });

  it('is mixed to stereo even if it has 64 channels', async () => {
    const channels = Array.from({ length: 64 }, () => '0.5*sin(2*PI*440*t)').join('|');
    const file = await shop.make('many.wav', ['-f', 'lavfi', '-i', `aevalsrc='${channels}':s=${RATE}:d=1`]);
    const { info } = await shop.transcode([file], { outputFormat: 'm4a' });
    expect(info.audio[0]!.channels).toBe(2);
    const { info: flac } = await shop.transcode([file], { outputFormat: 'flac' });
    expect(flac.audio[0]!.channels).toBe(2);
  });
});

describe('a sample rate that few players support', () => {
  it.each([
    [96_000, 'm4a', RATE],
    [192_000, 'mp3', RATE],
    [88_200, 'm4a', 44_100],
    [96_000, 'flac', 96_000],
    [96_000, 'wav', 96_000],
    [32_000, 'm4a', 32_000],
  ] as const)('%i Hz to %s becomes %i Hz', async (rate, outputFormat, expected) => {
    const file = await shop.make(`rate-${rate}.flac`, ['-f', 'lavfi', '-i', `sine=f=440:r=${rate}:d=1`]);
    const { info } = await shop.transcode([file], { outputFormat });
    expect(info.audio[0]!.sampleRate).toBe(expected);
  });
});

import { stat } from 'node:fs/promises';
import { type AuditCase, atLeast, between, equals, type Figure } from '../audit-case.ts';
import { videoOf } from '../checks/shapes.ts';
import { decodeSound } from '../checks/sound.ts';
import { encoded, type Source } from '../sources/source.ts';
import type { Outcome } from '../world.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25'];
const SMALL = ['-f', 'lavfi', '-i', 'color=red:s=160x90:r=1:d=3', '-f', 'lavfi', '-i', 'sine=300:d=3'];
const LARGE = ['-f', 'lavfi', '-i', 'color=green:s=640x360:r=25:d=3', '-f', 'lavfi', '-i', 'sine=1000:d=3'];
const ALL = ['-map', '0:v', '-map', '1:a', '-map', '2:v', '-map', '3:a'];

/** A small picture with a tone of 300 Hz, before the default picture with a tone of 1000 Hz. */
const TRACKS = encoded('mp4', [
  ...[...SMALL, ...LARGE, ...ALL, ...X264, '-c:a', 'aac'],
  ...['-disposition:v:0', '0', '-disposition:v:1', 'default', '-disposition:a:0', '0', '-disposition:a:1', 'default'],
]);

const MKV_TRACKS = encoded('mkv', [
  ...[...SMALL, ...LARGE, ...ALL, ...X264, '-c:a', 'aac'],
  ...['-disposition:v:0', '0', '-disposition:v:1', 'default', '-disposition:a:0', '0', '-disposition:a:1', 'default'],
]);

const PROGRAMS = encoded('ts', [
  ...[...SMALL, ...LARGE, ...ALL, ...X264, '-c:a', 'aac'],
  ...['-program', 'title=small:st=0:st=1', '-program', 'title=large:st=2:st=3'],
]);

/** The sound of the small program comes before the sound of the large program. */
const CROSSED = encoded('ts', [
  ...[...SMALL, ...LARGE, '-map', '1:a', '-map', '2:v', '-map', '3:a', '-map', '0:v', ...X264, '-c:a', 'aac'],
  ...['-program', 'title=small:st=0:st=3', '-program', 'title=large:st=1:st=2'],
]);

/** Frequency of a tone in Hz, by its zero crossings. */
async function toneOf(path: string): Promise<number> {
  const { samples, channels, rate } = await decodeSound(path);
  const [first, last] = [Math.floor(0.5 * rate), Math.floor(2.5 * rate)];
  let crossings = 0;
  for (let frame = first; frame < last; frame += 1)
    if (samples[frame * channels]! < 0 !== samples[(frame + 1) * channels]! < 0) crossings += 1;
  return crossings / 2 / 2;
}

async function checkLarge(made: Outcome): Promise<Figure[]> {
  const path = await made.file();
  return [equals('width', (await videoOf(path)).width, 640), between('tone in Hz', await toneOf(path), 990, 1010)];
}

const SOURCES: Readonly<Record<string, Source>> = {
  'default-track-of-mp4': TRACKS,
  'default-track-of-mkv': MKV_TRACKS,
  'largest-program': PROGRAMS,
  'one-program': CROSSED,
};

/** Moving pictures with some noise, in the quality that `high` has. */
const noisy = (extension: string, encoder: readonly string[]) =>
  encoded(extension, [
    ...['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25:d=4,noise=alls=10:allf=t,gblur=1.2', ...encoder],
  ]);

const CAPPED: Readonly<Record<string, Source>> = {
  av1: noisy('mp4', ['-c:v', 'libsvtav1', '-preset', '10', '-crf', '28', '-svtav1-params', 'tune=0']),
  vp9: noisy('webm', ['-c:v', 'libvpx-vp9', '-crf', '28', '-b:v', '0', '-deadline', 'realtime', '-cpu-used', '6']),
  hevc: noisy('mp4', [
    '-c:v',
    'libx265',
    '-preset',
    'fast',
    '-crf',
    '32',
    '-x265-params',
    'log-level=none',
    '-tag:v',
    'hvc1',
  ]),
};

const capCases = Object.entries(CAPPED).map(
  ([name, source]): AuditCase => ({
    name: `streams/high-exceeds-medium-of-${name}`,
    async run(world) {
      const sizes: number[] = [];
      for (const quality of ['high', 'medium']) {
        const made = await world.transcode(source, { output_format: 'mp4', preset: { quality } });
        sizes.push((await stat(await made.file())).size);
      }
      return [atLeast('size of high by the size of medium', sizes[0]! / sizes[1]!, 1.2)];
    },
  }),
);

export const streamCases: readonly AuditCase[] = [
  ...Object.entries(SOURCES).map(
    ([name, source]): AuditCase => ({
      name: `streams/${name}`,
      ...(name === 'one-program' && { isShort: true }),
      async run(world) {
        return checkLarge(await world.transcode(source, { output_format: 'mp4' }));
      },
    }),
  ),
  ...capCases,
];

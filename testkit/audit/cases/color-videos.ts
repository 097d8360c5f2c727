import { type AuditCase, equals, type Figure } from '../audit-case.ts';
import { checkPictures, checkVideo, PICTURES, STILLS } from '../checks/colors.ts';
import { PATCHES, type Range, type Rgb } from '../sources/colors.ts';
import { type PatchFormat, patchVideo, rawInput, rgbPlane, shownPatches, tagged } from '../sources/patches.ts';
import { encoded, type Source } from '../sources/source.ts';
import type { World } from '../world.ts';

/** H.264 with the samples almost unchanged. */
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '1', '-g', '25'];
const X264_RGB = ['-c:v', 'libx264rgb', '-preset', 'ultrafast', '-qp', '1', '-g', '25'];

const tags = (space: string, range: Range) => ['-vf', tagged(space, range)];

const HD: PatchFormat = { width: 1280, height: 720, matrix: 'bt709', range: 'limited' };
const SD: PatchFormat = { width: 640, height: 480, matrix: 'bt601', range: 'limited' };

interface Kind {
  name: string;
  format: PatchFormat;
  source: Source;
  isShort?: boolean;
}

const KINDS: readonly Kind[] = [
  { name: 'hd', format: HD, source: patchVideo('mp4', HD, [...X264, ...tags('bt709', 'limited')]), isShort: true },
  { name: 'hd-untagged', format: HD, source: patchVideo('mp4', HD, X264) },
  { name: 'sd', format: SD, source: patchVideo('mp4', SD, [...X264, ...tags('smpte170m', 'limited')]) },
  { name: 'sd-untagged', format: SD, source: patchVideo('mp4', SD, X264) },
  {
    name: 'small-bt709',
    format: { ...HD, width: 640, height: 360 },
    source: patchVideo('mp4', { ...HD, width: 640, height: 360 }, [...X264, ...tags('bt709', 'limited')]),
  },
  {
    name: 'full-range',
    format: { ...HD, range: 'full' },
    source: patchVideo('mp4', { ...HD, range: 'full' }, [...X264, ...tags('bt709', 'full')]),
  },
  { name: 'rgb', format: { ...HD, matrix: 'rgb' }, source: patchVideo('mp4', { ...HD, matrix: 'rgb' }, X264_RGB) },
  {
    name: 'hd-vp9',
    format: HD,
    source: patchVideo('webm', HD, [
      ...['-c:v', 'libvpx-vp9', '-lossless', '1', '-deadline', 'realtime', '-cpu-used', '8'],
      ...tags('bt709', 'limited'),
    ]),
  },
];

/** Videos whose samples are exact, as references for Chromium. */
const EXACT = { hd: KINDS[0]!.source, sd: KINDS[2]!.source };

// biome-ignore lint/suspicious/noExplicitAny: requests as a client writes them
const WAYS: Readonly<Record<string, Record<string, any>>> = {
  preset: { output_format: 'mp4', preset: { resolution: '480p' } },
  // The samples of the source need so few bits that a limit by its bit rate would change colors.
  webm: { outputs: [{ output_format: 'webm', bitrate: '8M' }] },
  filter: { output_format: 'mp4', options: [{ option: '-vf', argument: 'scale=640:-2' }] },
  graph: {
    output_format: 'mp4',
    filters: [{ filter: '[0:v]hflip,hflip[v]' }],
    options: [{ option: '-map', argument: '[v]' }],
  },
  text: {
    output_format: 'mp4',
    options: [{ option: '@text-overlay', argument: { text: '.', style: { fontSize: 8 } } }],
  },
  preview: { output_format: 'mp4', preview: { seconds: 1, segments: 1, width: 320 } },
  encoder: { output_format: 'mkv', options: [{ option: '-c:v', argument: 'libx264' }] },
};

function videoCase({ name, format, source }: Kind): AuditCase {
  return {
    name: `color/${name}-videos`,
    async run(world) {
      const expected = shownPatches(format);
      const figures: Figure[] = [];
      for (const [way, request] of Object.entries(WAYS)) {
        figures.push(...(await checkWay(world, source, expected, { way, request })));
      }
      return figures;
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: requests as a client writes them
type Way = { way: string; request: Record<string, any> };

async function checkWay(world: World, source: Source, expected: readonly Rgb[], given: Way): Promise<Figure[]> {
  const made = await world.transcode(source, given.request);
  if (made.status !== 'completed') return [equals(given.way, made.failure.slice(0, 300), 'completed')];
  const figures = await checkVideo(world, await made.file(), { name: given.way, expected, exact: EXACT });
  // A copy has the tags of its source.
  return made.job.outputs[0].plan?.video?.mode === 'copied'
    ? figures.filter(({ name }) => !name.startsWith('tags'))
    : figures;
}

function ladderCase({ name, format, source }: Kind): AuditCase {
  return {
    name: `color/${name}-ladder`,
    ...(name === 'hd-untagged' && { isShort: true }),
    async run(world) {
      const ladder = [{ height: 480 }, { height: 360 }, { height: 240 }];
      const made = await world.transcode(source, { output_format: 'hls', ladder });
      const expected = shownPatches(format);
      const figures: Figure[] = [];
      for (const [folder, path] of await made.renditions())
        if (!folder.includes('audio'))
          figures.push(...(await checkVideo(world, path, { name: folder, expected, exact: EXACT })));
      return figures;
    },
  };
}

const stillCase = ({ name, format, source, isShort }: Kind): AuditCase => ({
  name: `color/${name}-stills`,
  ...(isShort && { isShort }),
  run: (world) => checkPictures(world, source, shownPatches(format), STILLS),
});

function pictureOf(extension: string, args: readonly string[]): Source {
  const [width, height] = [640, 360];
  return encoded(extension, [...rawInput('rgb24', width, height), ...args], { raw: rgbPlane(width, height) });
}

const pictureCases: readonly AuditCase[] = [
  {
    name: 'color/png-to-pictures',
    isShort: true,
    run: (world) => checkPictures(world, pictureOf('png', ['-c:v', 'png']), PATCHES, PICTURES),
  },
  {
    name: 'color/gif-to-pictures',
    run: (world) =>
      checkPictures(world, gifOfPatches(), PATCHES, { jpg: PICTURES.jpg!, png: PICTURES.png!, webp: PICTURES.webp! }),
  },
  {
    name: 'color/jpeg-to-pictures',
    run: (world) => {
      const format: PatchFormat = { width: 640, height: 360, matrix: 'bt601', range: 'full' };
      const source = patchVideo('jpg', format, ['-c:v', 'mjpeg', '-q:v', '1', '-qmin', '1'], 1);
      return checkPictures(world, source, shownPatches(format), PICTURES);
    },
  },
  {
    name: 'color/jpeg-slide',
    async run(world) {
      const format: PatchFormat = { width: 1280, height: 720, matrix: 'bt601', range: 'full' };
      const source = patchVideo('jpg', format, ['-c:v', 'mjpeg', '-q:v', '1', '-qmin', '1'], 1);
      const options = [{ option: '-t', argument: '2' }];
      const made = await world.transcode(source, {
        output_format: 'mp4',
        options,
        inputs: [{ options: [{ option: '-loop', argument: '1' }] }],
      });
      return checkVideo(world, await made.file(), { name: 'mp4', expected: shownPatches(format), exact: EXACT });
    },
  },
];

/** The palette contains the patches, so the picture is exact. */
const gifOfPatches = () =>
  pictureOf('gif', ['-filter_complex', 'split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none', '-frames:v', '1']);

const joinCases: readonly AuditCase[] = [
  {
    name: 'color/join-hd-and-sd',
    async run(world) {
      const [hd, sd] = [KINDS[1]!, KINDS[3]!];
      const made = await world.transcode([hd.source, sd.source], { output_format: 'mp4' });
      return checkVideo(world, await made.file(), {
        name: 'the first input',
        expected: shownPatches(hd.format),
        exact: EXACT,
      });
    },
  },
  {
    name: 'color/cross-fade-of-full-range',
    async run(world) {
      const { format, source } = KINDS.find(({ name }) => name === 'full-range')!;
      const filter = '[0:v][1:v]xfade=duration=0.5:offset=1.4[v]';
      const options = [{ option: '-map', argument: '[v]' }];
      const made = await world.transcode([source, source], { output_format: 'mp4', filters: [{ filter }], options });
      return checkVideo(world, await made.file(), {
        name: 'the first input',
        expected: shownPatches(format),
        exact: EXACT,
      });
    },
  },
];

export const colorVideoCases: readonly AuditCase[] = [
  ...KINDS.map(stillCase),
  ...KINDS.map(videoCase),
  ...KINDS.map(ladderCase),
  ...pictureCases,
  ...joinCases,
];

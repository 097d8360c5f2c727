import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect } from '../../testkit/inspect-media.ts';
import { run } from '../../testkit/run.ts';
import { exactSrgb, jpegWith, makeProfile, pngWith } from '../helpers/icc.ts';
import { openWorkshop, type Workshop } from './helpers.ts';

type Rgb = readonly [number, number, number];

/** Flat patches, in two rows of four. */
const PATCHES: readonly Rgb[] = [
  [200, 60, 40],
  [60, 160, 70],
  [50, 70, 190],
  [210, 190, 60],
  [180, 80, 170],
  [70, 170, 180],
  [235, 235, 235],
  [90, 90, 90],
];
/** Maximum error of a component in a picture and in a video, in 8-bit codes. */
const [PICTURE_ERROR, VIDEO_ERROR] = [4, 3];
const BUFFER = { maxBuffer: 64 * 2 ** 20 };

let shop: Workshop;
const sources = new Map<string, string>();

const H264 = ['-c:v', 'libx264', '-qp', '2', '-preset', 'ultrafast'];
const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:crf=1'];
const VP9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-crf', '4', '-b:v', '0'];
const AV1 = ['-c:v', 'libsvtav1', '-preset', '12', '-crf', '4'];
const MPEG2 = ['-c:v', 'mpeg2video', '-q:v', '1'];
const HD = 'scale=1280:720:flags=neighbor:out_color_matrix=bt709';
const SD = 'scale=640:480:flags=neighbor:out_color_matrix=bt601';
const tags = (name: string, range = 'tv') =>
  `setparams=color_primaries=${name}:color_trc=${name}:colorspace=${name}:range=${range}`;

/** Sources whose samples show the same colors. */
const SOURCES: Readonly<Record<string, readonly [extension: string, ...args: string[]]>> = {
  'HD video': ['mp4', '-vf', `${HD}:out_range=tv,format=yuv420p,${tags('bt709')}`, ...H264],
  'HD video without tags': ['mp4', '-vf', `${HD}:out_range=tv,format=yuv420p,${tags('unknown')}`, ...H264],
  'HD video with full range': ['mp4', '-vf', `${HD}:out_range=pc,format=yuv420p,${tags('bt709', 'pc')}`, ...H264],
  'HD video with the matrix of RGB': [
    'mp4',
    ...['-vf', `${HD}:out_range=tv,format=yuv420p,${tags('bt709')}`, ...H264],
    ...['-bsf:v', 'h264_metadata=matrix_coefficients=0'],
  ],
  'SD video': ['mp4', '-vf', `${SD}:out_range=tv,format=yuv420p,${tags('smpte170m')}`, ...H264],
  'SD video without tags': ['mp4', '-vf', `${SD}:out_range=tv,format=yuv420p,${tags('unknown')}`, ...H264],
  'video in RGB': ['mkv', '-vf', 'scale=640:480:flags=neighbor', '-c:v', 'libx264rgb', '-qp', '0'],
  'an animated GIF': ['gif', '-vf', 'split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none'],
};

type Request = Parameters<Workshop['transcode']>[1];

const VIDEOS: Readonly<Record<string, Request>> = {
  'an MP4': { outputFormat: 'mp4', preset: { quality: 'high' } },
  'a smaller MP4': { outputFormat: 'mp4', preset: { quality: 'high', resolution: '480p' } },
  'an MP4 with a pixel format': { outputFormat: 'mp4', options: options('-pix_fmt yuv420p -crf 8') },
  'an MP4 with tags of the caller': {
    outputFormat: 'mp4',
    options: options('-colorspace bt709 -color_primaries bt709 -color_trc bt709 -crf 8'),
  },
  'an MP4 after a filter': { outputFormat: 'mp4', options: options('-vf hflip,hflip -crf 8') },
  'an MP4 after a filter for RGB': { outputFormat: 'mp4', options: options('-vf curves=preset=none -crf 8') },
  'an MP4 of a graph': {
    outputFormat: 'mp4',
    filters: [{ filter: '[0:v]split[a][b];[b]scale=32:24[c];[a][c]overlay=x=W-w:y=0' }],
    options: options('-crf 8'),
  },
  HEVC: { outputFormat: 'mp4', options: options('-c:v libx265 -crf 8') },
  'a WebM': { outputFormat: 'webm', options: options('-crf 8') },
  AV1: { outputFormat: 'mp4', options: options('-c:v libsvtav1 -crf 8') },
  ProRes: { outputFormat: 'mov', options: options('-c:v prores_ks') },
};
const PICTURES: Readonly<Record<string, Request>> = {
  'a JPEG': { outputFormat: 'jpg' },
  'a JPEG after a filter for RGB': { outputFormat: 'jpg', options: options('-vf curves=preset=none') },
  'a still as JPEG': { outputFormat: 'jpg', still: { at: 0.1, width: 320 } },
  'a still as WebP': { outputFormat: 'webp', still: { at: 0.1, width: 320 } },
  'a PNG': { outputFormat: 'png' },
  'a WebP': { outputFormat: 'webp', preset: { quality: 'high' } },
  'a preview as WebP': { outputFormat: 'webp', preview: { seconds: 0.2, width: 320 } },
  'a GIF': { outputFormat: 'gif' },
};

function options(text: string) {
  const words = text.split(' ');
  return Array.from({ length: words.length / 2 }, (_, at) => ({
    option: words[2 * at]!,
    argument: words[2 * at + 1]!,
  }));
}

beforeAll(async () => {
  shop = await openWorkshop();
  const picture = join(shop.dir, 'patches.ppm');
  await writeFile(picture, patches(320, 240));
  for (const [name, [extension, ...args]] of Object.entries(SOURCES)) {
    const input = ['-loop', '1', '-framerate', '10', '-t', '0.4', '-i', picture];
    sources.set(name, await shop.make(`source-${sources.size}.${extension}`, [...input, ...args]));
  }
}, 120_000);
afterAll(() => shop.remove());

/** Returns a picture of the patches as PPM. */
function patches(width: number, height: number): Buffer {
  const pixels = Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return PATCHES[Math.floor((y * 2) / height) * 4 + Math.floor((x * 4) / width)]!;
  });
  return Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), Buffer.from(pixels.flat())]);
}

interface Shown {
  pixelFormat: string;
  matrix: string;
  range: string;
  primaries: string;
  transfer: string;
  /** Maximum error of a component at the centers of the patches. */
  error: number;
}

/** Decodes the first picture by its tags. */
async function show(path: string, expected = PATCHES): Promise<Shown> {
  const entries = 'stream=width,height,pix_fmt,color_space,color_range,color_primaries,color_transfer';
  const probe = ['-v', 'error', '-select_streams', 'v', '-show_entries', entries, '-of', 'json', path];
  const [stream] = JSON.parse((await run('ffprobe', probe, BUFFER)).stdout).streams;
  const { width, height } = stream;
  const exact = 'scale=flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24';
  const raw = `${path}.rgb`;
  await run('ffmpeg', ['-v', 'error', '-y', '-i', path, '-frames:v', '1', '-vf', exact, '-f', 'rawvideo', raw], BUFFER);
  const pixels = await readFile(raw);
  const error = expected.flatMap((color, index) => {
    const x = Math.floor((((index % 4) + 0.5) * width) / 4);
    const y = Math.floor(((Math.floor(index / 4) + 0.5) * height) / 2);
    return color.map((value, component) => Math.abs(pixels[3 * (y * width + x) + component]! - value));
  });
  return {
    pixelFormat: stream.pix_fmt,
    matrix: stream.color_space ?? 'unknown',
    range: stream.color_range ?? 'unknown',
    primaries: stream.color_primaries ?? 'unknown',
    transfer: stream.color_transfer ?? 'unknown',
    error: Math.max(...error),
  };
}

/** Sources that cause a conversion or an assumption in each kind of output. `npm run audit` checks more combinations. */
const REPRESENTATIVES: ReadonlySet<string> = new Set([
  'HD video without tags',
  'HD video with full range',
  'video in RGB',
]);
/** Kinds of outputs that have their own conversion of colors. */
const CONVERSIONS: ReadonlySet<string> = new Set(['an MP4', 'a smaller MP4', 'a JPEG', 'a WebP']);

function waysOf(source: string, outputs: Readonly<Record<string, Request>>): [string, Request][] {
  return Object.entries(outputs).filter(([name]) => REPRESENTATIVES.has(source) || CONVERSIONS.has(name));
}

describe.each(Object.keys(SOURCES))('the colors of %s', (source) => {
  it.each(waysOf(source, VIDEOS))('are converted and tagged in %s', { timeout: 60_000 }, async (_, request) => {
    const { path } = await shop.transcode([sources.get(source)!], request);
    const { error, range, matrix, primaries, transfer } = await show(path);
    expect(error).toBeLessThanOrEqual(VIDEO_ERROR);
    expect(range).not.toBe('pc');
    for (const tag of [matrix, primaries, transfer]) expect(tag).toMatch(/^(bt709|smpte170m|bt470bg)$/);
  });

  it.each(waysOf(source, PICTURES))('are shown by %s', { timeout: 60_000 }, async (_, request) => {
    const { path } = await shop.transcode([sources.get(source)!], request);
    const { error, transfer } = await show(path);
    expect(error).toBeLessThanOrEqual(PICTURE_ERROR);
    // Browsers would show another transfer function of a PNG darker.
    expect(transfer).toMatch(/^(unknown|iec61966-2-1)$/);
  });
});

/** Files with numbers that do not exist or that contradict the samples. `matrix` = the name in the description of the file. */
const CONTRADICTIONS: Readonly<Record<string, readonly [file: string, matrix: string | null, ...args: string[]]>> = {
  'a reserved matrix in H.264': ['h264.mp4', 'reserved', ...H264, '-bsf:v', 'h264_metadata=matrix_coefficients=3'],
  'a reserved matrix in HEVC': ['hevc.mkv', 'reserved', ...HEVC, '-bsf:v', 'hevc_metadata=matrix_coefficients=3'],
  'a reserved matrix in VP9': ['vp9.webm', 'reserved', ...VP9, '-bsf:v', 'vp9_metadata=color_space=6'],
  'a reserved matrix in AV1': ['av1.mp4', 'reserved', ...AV1, '-bsf:v', 'av1_metadata=matrix_coefficients=3'],
  'a matrix without a name in AV1': [
    'av1-200.mp4',
    'reserved',
    ...AV1,
    '-bsf:v',
    'av1_metadata=matrix_coefficients=200',
  ],
  'a reserved matrix in MPEG-2': ['mpeg2.ts', 'reserved', ...MPEG2, '-bsf:v', 'mpeg2_metadata=matrix_coefficients=3'],
  'a reserved matrix in a QuickTime file': [
    'mpeg4.mov',
    'reserved',
    '-c:v',
    'mpeg4',
    '-q:v',
    '1',
    '-movflags',
    'write_colr',
  ],
  'YCgCo in H.264': ['ycgco.mp4', 'ycgco', ...H264, '-bsf:v', 'h264_metadata=matrix_coefficients=8'],
  'constant luminance in H.264': [
    'cl.mp4',
    'chroma-derived-c',
    ...H264,
    '-bsf:v',
    'h264_metadata=matrix_coefficients=13',
  ],
  'ICtCp in HEVC': ['ictcp.mp4', 'ictcp', ...HEVC, '-bsf:v', 'hevc_metadata=matrix_coefficients=14'],
  'the primaries of EBU 3213': [
    'ebu.mp4',
    'bt709',
    ...H264,
    '-bsf:v',
    'h264_metadata=colour_primaries=22:matrix_coefficients=1',
  ],
  'reserved primaries and transfer': [
    ...(['reserved.mp4', null, ...H264] as const),
    ...['-bsf:v', 'h264_metadata=colour_primaries=3:transfer_characteristics=3:matrix_coefficients=2'],
  ],
};
const CONTRADICTED: Readonly<Record<string, Request>> = {
  'an MP4': { outputFormat: 'mp4', preset: { quality: 'high' } },
  HEVC: { outputFormat: 'mp4', options: options('-c:v libx265 -crf 8') },
  'a graph': { outputFormat: 'mp4', filters: [{ filter: '[0:v]hflip,hflip[v]' }], options: options('-crf 8') },
  'a JPEG': { outputFormat: 'jpg' },
};

describe.each(Object.entries(CONTRADICTIONS))('video with %s', (name, [file, matrix, ...args]) => {
  it('has the colors of video without this tag', { timeout: 60_000 }, async () => {
    const tagged = `${HD}:out_range=tv,format=yuv420p,${tags(name.includes('QuickTime') ? 'bt709' : 'unknown')}`;
    const input = ['-loop', '1', '-framerate', '10', '-t', '0.4', '-i', join(shop.dir, 'patches.ppm')];
    const source = await shop.make(file, [...input, '-vf', tagged, ...args]);
    if (file.endsWith('.mov')) await writeFile(source, withReservedMatrix(await readFile(source)));
    expect((await inspect(source)).info.video[0]!.colorSpace).toBe(matrix);
    for (const request of Object.values(CONTRADICTED)) {
      const { path } = await shop.transcode([source], request);
      expect((await show(path)).error).toBeLessThanOrEqual(
        request.outputFormat === 'mp4' ? VIDEO_ERROR : PICTURE_ERROR,
      );
    }
  });
});

/** Replaces the matrix in the box `colr`. */
function withReservedMatrix(movie: Buffer): Buffer {
  movie.writeUInt16BE(3, movie.indexOf('nclc', 0, 'latin1') + 8);
  return movie;
}

describe('a picture with an ICC profile', () => {
  const pictures = new Map<string, string>();
  beforeAll(async () => {
    const [png, jpg] = [join(shop.dir, 'plain.png'), join(shop.dir, 'plain.jpg')];
    const ppm = join(shop.dir, 'patches.ppm');
    await run('ffmpeg', ['-v', 'error', '-y', '-i', ppm, png, '-pix_fmt', 'yuvj444p', '-q:v', '1', jpg]);
    for (const name of ['Display P3', 'Adobe RGB'] as const) {
      pictures.set(`${name} png`, join(shop.dir, `${name}.png`));
      pictures.set(`${name} jpg`, join(shop.dir, `${name}.jpg`));
      await writeFile(pictures.get(`${name} png`)!, pngWith(await readFile(png), makeProfile(name)));
      await writeFile(pictures.get(`${name} jpg`)!, jpegWith(await readFile(jpg), makeProfile(name)));
    }
  });

  it.each([
    ['Display P3', 'png'],
    ['Display P3', 'jpg'],
    ['Adobe RGB', 'png'],
    ['Adobe RGB', 'jpg'],
  ] as const)('of %s becomes sRGB in a WebP of a %s', async (name, kind) => {
    const request: Request = { outputFormat: 'webp', preset: { quality: 'high' } };
    const { path } = await shop.transcode([pictures.get(`${name} ${kind}`)!], request);
    const expected = PATCHES.map((color) => exactSrgb(color, name));
    expect((await show(path, expected)).error).toBeLessThanOrEqual(PICTURE_ERROR);
  });

  it.each(['png', 'jpg'] as const)('keeps the profile in a %s', async (format) => {
    for (const kind of ['png', 'jpg']) {
      const { path } = await shop.transcode([pictures.get(`Display P3 ${kind}`)!], { outputFormat: format });
      const probe = ['-v', 'error', '-show_frames', '-show_entries', 'frame_side_data_list', '-of', 'json', path];
      expect((await run('ffprobe', probe)).stdout).toContain('ICC profile');
    }
  });
});

const SIDE_DATA = /Mastering|Content light|HDR|Dolby|Ambient/i;

describe('HDR', () => {
  /** Codes of PQ and HLG for the white of 203 cd/m², with 10 bits in limited range. */
  const WHITES = { smpte2084: 573, 'arib-std-b67': 721 } as const;
  const HDR10 =
    'hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=600,203';

  async function whiteOf(
    transfer: keyof typeof WHITES,
    more = '',
    tagged = 'color_primaries=bt2020:colorspace=bt2020nc',
  ) {
    const white = `nullsrc=s=320x240:r=10:d=0.3,format=yuv420p10le,lutyuv=y=${WHITES[transfer]}:u=512:v=512`;
    const params = ['-x265-params', ['log-level=none', 'lossless=1', ...(more ? [more] : [])].join(':')];
    return shop.make(`${transfer}-${more.length}-${tagged.length}.mp4`, [
      ...['-f', 'lavfi', '-i', `${white},setparams=${tagged}:color_trc=${transfer}:range=tv`],
      ...['-c:v', 'libx265', '-preset', 'ultrafast', ...params],
    ]);
  }

  it.each([
    ['HLG', 'arib-std-b67', '', undefined],
    ['PQ', 'smpte2084', '', undefined],
    ['PQ with a declared peak', 'smpte2084', HDR10, undefined],
    ['PQ without primaries', 'smpte2084', '', 'color_primaries=unknown:colorspace=unknown'],
  ] as const)(
    'of %s has the same white in SDR, without HDR metadata',
    { timeout: 60_000 },
    async (_, transfer, more, tagged) => {
      const source = await whiteOf(transfer, more, tagged);
      for (const encoder of ['libx264', 'libvpx-vp9']) {
        const request: Request = { outputFormat: 'mp4', options: options(`-c:v ${encoder} -pix_fmt yuv420p`) };
        const { path } = await shop.transcode([source], request);
        const shown = await show(path, []);
        expect([shown.matrix, shown.primaries, shown.transfer]).toEqual(['bt709', 'bt709', 'bt709']);
        const raw = `${path}.gray`;
        await run('ffmpeg', [
          '-v',
          'error',
          '-y',
          '-i',
          path,
          '-frames:v',
          '1',
          '-vf',
          'extractplanes=y',
          '-f',
          'rawvideo',
          raw,
        ]);
        const luma = (await readFile(raw))[160 + 120 * 320]!;
        expect(luma).toBeGreaterThanOrEqual(200);
        expect(luma).toBeLessThanOrEqual(210);
        const probe = ['-v', 'error', '-show_streams', '-show_frames', '-of', 'json', path];
        expect((await run('ffprobe', probe, BUFFER)).stdout).not.toMatch(SIDE_DATA);
      }
    },
  );

  it('keeps its colors and gets its missing tags in ten bits', async () => {
    const source = await whiteOf('smpte2084', '', 'color_primaries=unknown:colorspace=unknown');
    const { path } = await shop.transcode([source], { outputFormat: 'mp4', options: options('-c:v libx265 -crf 20') });
    const { matrix, primaries, transfer } = await show(path, []);
    expect([matrix, primaries, transfer]).toEqual(['bt2020nc', 'bt2020', 'smpte2084']);
  });
});

describe('sources with different colors', () => {
  it('are joined with the same matrix, range and tags', { timeout: 60_000 }, async () => {
    const names = ['HD video', 'SD video without tags', 'HD video with full range', 'video in RGB'];
    const files = names.map((name) => sources.get(name)!);
    const { path } = await shop.transcode(files, { outputFormat: 'mp4', preset: { quality: 'high' } });
    const { matrix, primaries, transfer } = await show(path);
    expect([matrix, primaries, transfer]).toEqual(['bt709', 'bt709', 'bt709']);
  });
});

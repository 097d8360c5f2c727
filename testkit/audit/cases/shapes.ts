import { type AuditCase, atLeast, atMost, between, equals, type Figure, matches } from '../audit-case.ts';
import { showInBrowser } from '../checks/pictures.ts';
import { combedShare, letterOf, measureWhite, QUARTERS, videoOf } from '../checks/shapes.ts';
import { frameTimes } from '../checks/times.ts';
import { withJpegOrientation, withPngOrientation, withWebpOrientation } from '../sources/exif.ts';
import { rawInput } from '../sources/patches.ts';
import { edited, encoded, makeSource, type Source } from '../sources/source.ts';
import type { World } from '../world.ts';
import { renditionOf } from './time.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12', '-g', '25'];
const MPEG2 = ['-c:v', 'mpeg2video', '-q:v', '2', '-g', '12'];

/** 50 pictures per second, of which each frame contains two. */
const FIELDS = [
  '-f',
  'lavfi',
  '-i',
  'testsrc2=s=360x288:r=50:d=3,scroll=h=0.004:v=0.002',
  '-vf',
  'tinterlace=interleave_top',
];
/** The only size of DV. Frames of other heights are not sampled for fields. */
const DV_FIELDS = FIELDS.map((part) => part.replace('360x288', '720x576'));
const FLAGGED = ['-flags', '+ildct+ilme', '-field_order', 'tt'];
const COMBED = 0.1;

const INTERLACED: Readonly<Record<string, Source>> = {
  'with-flags': encoded('ts', [...FIELDS, ...MPEG2, ...FLAGGED]),
  'without-flags': encoded('mp4', [...DV_FIELDS.slice(0, -1), `${FIELDS.at(-1)},setfield=prog`, ...X264]),
  dv: encoded('avi', [...DV_FIELDS, '-pix_fmt', 'yuv420p', '-c:v', 'dvvideo']),
};

/** A progressive start, then frames of two fields. */
const LATER = edited(
  'progressive, then interlaced',
  [
    encoded('ts', ['-f', 'lavfi', '-i', 'testsrc2=s=360x288:r=25:d=6', ...MPEG2]),
    encoded('ts', [...FIELDS, ...MPEG2, ...FLAGGED, '-output_ts_offset', '6']),
  ],
  (first, second) => Buffer.concat([first, second]),
);

const TELECINE = encoded('ts', [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=720x480:r=24000/1001:d=4,scroll=h=0.004:v=0.002', '-vf', 'telecine=pattern=23'],
  ...[...MPEG2, '-flags', '+ildct+ilme', '-field_order', 'tt'],
]);

async function checkCombing(world: World, source: Source, from = 0): Promise<Figure[]> {
  const figures = [atLeast('combed share of the source', await combedShare(await makeSource(source), from), 0.3)];
  const mp4 = await world.transcode(source, { output_format: 'mp4' });
  figures.push(atMost('combed share of mp4', await combedShare(await mp4.file(), from), COMBED));
  const ladder = await world.transcode(source, { output_format: 'hls', ladder: [{ height: 288 }] });
  figures.push(atMost('combed share of a ladder', await combedShare(await renditionOf(ladder), from), COMBED));
  return figures;
}

const interlacedCases: readonly AuditCase[] = [
  ...Object.entries(INTERLACED).map(
    ([name, source]): AuditCase => ({
      name: `shapes/interlaced-${name}`,
      run: (world) => checkCombing(world, source),
    }),
  ),
  { name: 'shapes/interlaced-later', isShort: true, run: (world) => checkCombing(world, LATER, 6.5) },
  {
    name: 'shapes/telecine',
    async run(world) {
      const source = atLeast('combed share of the source', await combedShare(await makeSource(TELECINE)), 0.3);
      const made = await world.transcode(TELECINE, { output_format: 'mp4' });
      const path = await made.file();
      const times = await frameTimes(path);
      const rate = (times.length - 1) / (times.at(-1)! - times[0]!);
      const isRestored = rate > 23.9 && rate < 24.1;
      const found = isRestored ? 'restored' : /telecine/i.test(made.warnings) ? 'named' : `${rate.toFixed(2)} fps`;
      return [
        source,
        matches('film', found, /restored|named/),
        atMost('combed share of mp4', await combedShare(path), COMBED),
      ];
    },
  },
];

/** A white square on gray. */
const square = (width: number, height: number, args: readonly string[]) =>
  encoded('ts', [
    ...['-f', 'lavfi', '-i', `color=c=gray:s=${width}x${height}:r=25:d=2`],
    ...['-vf', 'drawbox=x=(iw-80)/2:y=(ih-80)/2:w=80:h=80:color=white:t=fill', ...X264, ...args],
  ]);

async function checkSquare(path: string, name: string, times: readonly number[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const time of times) {
    const { width, height } = await measureWhite(path, time);
    figures.push(between(`width of a square by its height in ${name} at ${time} s`, width / height, 0.94, 1.06));
  }
  return figures;
}

const TURNING = edited(
  'landscape, then portrait',
  [square(320, 240, []), square(240, 320, ['-output_ts_offset', '2'])],
  (first, second) => Buffer.concat([first, second]),
);

const GROWING = edited(
  'narrow, then wide',
  [square(320, 240, []), square(640, 240, ['-output_ts_offset', '2'])],
  (first, second) => Buffer.concat([first, second]),
);

const sizeCases: readonly AuditCase[] = Object.entries({ turns: TURNING, grows: GROWING }).map(
  ([name, source]): AuditCase => ({
    name: `shapes/size-${name}`,
    async run(world) {
      const mp4 = await world.transcode(source, { output_format: 'mp4' });
      const figures = await checkSquare(await mp4.file(), 'mp4', [0.5, 3]);
      const ladder = await world.transcode(source, { output_format: 'hls', ladder: [{ height: 240 }] });
      return [...figures, ...(await checkSquare(await renditionOf(ladder), 'a ladder', [0.5, 3]))];
    },
  }),
);

const SIZE = { width: 320, height: 192 } as const;

/** A picture with red and green above blue and yellow. */
function quarters(extension: string, args: readonly string[]): Source {
  const { width, height } = SIZE;
  const raw = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const letter = 'RGBY'[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)]!;
      for (const [channel, value] of QUARTERS[letter]!.entries()) raw[(y * width + x) * 3 + channel] = value;
    }
  return encoded(extension, [...rawInput('rgb24', width, height), ...args], { raw });
}

/** Quarters as displayed, in the order of the rows, for each orientation (Exif 2.32, 4.6.4). */
const ORIENTED = ['RGBY', 'GRYB', 'YBGR', 'BYRG', 'RBGY', 'BRYG', 'YGBR', 'GYRB'] as const;

const PICTURES = {
  jpg: quarters('jpg', ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj420p']),
  png: quarters('png', ['-c:v', 'png']),
  webp: quarters('webp', ['-c:v', 'libwebp', '-quality', '90']),
} as const;

function oriented(extension: keyof typeof PICTURES, orientation: number): Source {
  const source = PICTURES[extension];
  const edits = {
    jpg: (bytes: Buffer) => withJpegOrientation(bytes, orientation),
    png: (bytes: Buffer) => withPngOrientation(bytes, orientation),
    webp: (bytes: Buffer) => withWebpOrientation(bytes, SIZE, orientation),
  };
  return edited(`${extension} with orientation ${orientation}`, [source], edits[extension]);
}

const MIDDLES = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.25, 0.75],
  [0.75, 0.75],
] as const;

async function lettersOf(world: World, path: string): Promise<string> {
  const { colors } = await showInBrowser(world, path, MIDDLES, 0.4);
  return colors.map(letterOf).join('');
}

const orientationCases: readonly AuditCase[] = [
  ...(['jpg', 'png', 'webp'] as const).map(
    (extension): AuditCase => ({
      name: `shapes/orientations-of-${extension}`,
      async run(world) {
        const figures: Figure[] = [];
        for (const [index, wanted] of ORIENTED.entries()) {
          const made = await world.transcode(oriented(extension, index + 1), { output_format: 'png' });
          const shown = made.status === 'completed' ? await lettersOf(world, await made.file()) : made.failure;
          figures.push(equals(`quarters of orientation ${index + 1}`, shown.slice(0, 200), wanted));
        }
        return figures;
      },
    }),
  ),
  {
    name: 'shapes/turned-jpeg-in-a-join',
    async run(world) {
      const inputs = [{ options: [{ option: '-t', argument: '1' }] }, {}];
      const video = encoded('mp4', ['-f', 'lavfi', '-i', 'color=gray:s=320x320:r=25:d=1', ...X264]);
      const made = await world.transcode([oriented('jpg', 6), video], { output_format: 'mp4', inputs });
      if (made.status !== 'completed') return [equals('join', made.failure.slice(0, 300), 'completed')];
      // The picture is 192 wide and 320 high, in the middle of the frame.
      const points = [
        [0.4, 0.25],
        [0.6, 0.25],
        [0.4, 0.75],
        [0.6, 0.75],
      ] as const;
      const { colors } = await showInBrowser(world, await made.file(), points, 0.4);
      return [equals('quarters', colors.map(letterOf).join(''), ORIENTED[5])];
    },
  },
];

const ALPHA = encoded('webm', [
  ...[
    '-f',
    'lavfi',
    '-i',
    "color=white:s=320x240:r=25:d=2,format=yuva420p,geq=lum=235:cb=128:cr=128:a='255*lt(X,W/2)'",
  ],
  ...[
    '-c:v',
    'libvpx-vp9',
    '-pix_fmt',
    'yuva420p',
    '-b:v',
    '500k',
    '-deadline',
    'realtime',
    '-cpu-used',
    '8',
    '-auto-alt-ref',
    '0',
  ],
]);

const alphaCase: AuditCase = {
  name: 'shapes/alpha-is-flattened',
  async run(world) {
    const figures: Figure[] = [];
    for (const codec of ['h264', 'vp9'] as const) {
      const made = await world.transcode(ALPHA, { output_format: 'dash', ladder: [{ height: 240, codec }] });
      const path = await renditionOf(made);
      figures.push(equals(`pixel format of ${codec}`, (await videoOf(path)).pix_fmt, 'yuv420p'));
      const { colors } = await showInBrowser(
        world,
        path,
        [
          [0.25, 0.5],
          [0.75, 0.5],
        ],
        0.5,
      );
      figures.push(atLeast(`opaque half of ${codec}`, colors[0]![0], 225));
      figures.push(atMost(`transparent half of ${codec}`, colors[1]![0], 30));
    }
    return figures;
  },
};

export const shapeCases: readonly AuditCase[] = [...interlacedCases, ...sizeCases, ...orientationCases, alphaCase];

import { fromYuv, type Matrix, PATCHES, type Range, type Rgb, toHdr, toYuv } from './colors.ts';
import { encoded, type Source } from './source.ts';

/** Columns and rows of the patches in a picture. */
export const GRID = { columns: 4, rows: 2 } as const;

export interface PatchFormat {
  width: number;
  height: number;
  matrix: Matrix;
  range: Range;
}

/** Writes planes without a conversion by FFmpeg: each patch has the codes that `codesOf` returns. */
function planes(width: number, height: number, codes: readonly Rgb[], bytesPerSample: 1 | 2): Buffer {
  const sides = [
    [width, height],
    [width / 2, height / 2],
    [width / 2, height / 2],
  ] as const;
  return Buffer.concat(
    sides.map(([across, down], plane) => {
      const bytes = Buffer.alloc(across * down * bytesPerSample);
      for (let y = 0; y < down; y += 1) {
        const row = Math.floor((y * GRID.rows) / down);
        for (let x = 0; x < across; x += 1) {
          const code = codes[row * GRID.columns + Math.floor((x * GRID.columns) / across)]![plane]!;
          const at = (y * across + x) * bytesPerSample;
          if (bytesPerSample === 1) bytes[at] = code;
          else bytes.writeUInt16LE(code, at);
        }
      }
      return bytes;
    }),
  );
}

export function rgbPlane(width: number, height: number, patches: readonly Rgb[] = PATCHES): Buffer {
  const bytes = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const row = Math.floor((y * GRID.rows) / height);
      const patch = patches[row * GRID.columns + Math.floor((x * GRID.columns) / width)]!;
      for (let channel = 0; channel < 3; channel += 1) bytes[(y * width + x) * 3 + channel] = patch[channel]!;
    }
  return bytes;
}

const unit = (codes: Rgb): Rgb => [codes[0] / 255, codes[1] / 255, codes[2] / 255];

/** Codes of sRGB that a correct decoder shows for the patches, after the rounding to 8 bits of Y'CbCr. */
export function shownPatches({ matrix, range }: Pick<PatchFormat, 'matrix' | 'range'>): Rgb[] {
  if (matrix === 'rgb') return [...PATCHES];
  return PATCHES.map((patch) => {
    const shown = fromYuv(toYuv(unit(patch), matrix, range, 8), matrix, range, 8);
    return [shown[0] * 255, shown[1] * 255, shown[2] * 255];
  });
}

/** Arguments that read one raw picture as a video of `seconds`. */
export function rawInput(pixelFormat: string, width: number, height: number, frames = 1): string[] {
  const loop = frames > 1 ? ['-stream_loop', String(frames - 1)] : [];
  return ['-f', 'rawvideo', '-pix_fmt', pixelFormat, '-s', `${width}x${height}`, '-r', '25', ...loop, '-i', '{raw}'];
}

/**
 * Returns the filter that tags frames. The options of the encoder, such as `-colorspace`, would convert the frames instead.
 * @param space name of the matrix, the primaries and the transfer
 */
export const tagged = (space: string, range: Range) =>
  `setparams=colorspace=${space}:color_primaries=${space}:color_trc=${space}:range=${range}`;

/** A video or picture of the patches in Y'CbCr 4:2:0 with 8 bits. `args` encode it. */
export function patchVideo(extension: string, format: PatchFormat, args: readonly string[], frames = 25): Source {
  const { width, height, matrix, range } = format;
  if (matrix === 'rgb') {
    return encoded(extension, [...rawInput('rgb24', width, height, frames), ...args], { raw: rgbPlane(width, height) });
  }
  const codes = PATCHES.map((patch) => toYuv(unit(patch), matrix, range, 8));
  const raw = planes(width, height, codes, 1);
  // The pixel format names the range, so that FFmpeg converts nothing.
  const pixelFormat = range === 'full' ? 'yuvj420p' : 'yuv420p';
  return encoded(extension, [...rawInput(pixelFormat, width, height, frames), ...args], { raw });
}

/** Light in cd/m² of the patches of an HDR source: reference white, grays and colors inside BT.709. */
export const HDR_PATCHES: readonly Rgb[] = [
  [203, 203, 203],
  [100, 8, 8],
  [8, 90, 12],
  [8, 10, 110],
  [90, 80, 6],
  [6, 80, 90],
  [90, 8, 70],
  [26, 26, 26],
];

export type Hdr = 'hlg' | 'pq' | 'pq-maxcll' | 'pq-no-metadata';

/** An HDR video in BT.2020 with 10 bits, coded by HEVC without loss. */
export function hdrVideo(hdr: Hdr, extension = 'mp4', args: readonly string[] = []): Source {
  const [width, height] = [640, 360];
  const transfer = hdr === 'hlg' ? 'hlg' : 'pq';
  const codes = HDR_PATCHES.map((nits) => toYuv(toHdr(nits, transfer), 'bt2020', 'limited', 10));
  const display = 'G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)';
  const parameters = [
    'lossless=1:log-level=none:colorprim=bt2020:colormatrix=bt2020nc:range=limited',
    `transfer=${transfer === 'hlg' ? 'arib-std-b67' : 'smpte2084'}`,
    ...(hdr === 'pq' || hdr === 'pq-maxcll' ? [`master-display=${display}`] : []),
    ...(hdr === 'pq-maxcll' ? ['max-cll=4000,400'] : []),
  ].join(':');
  const curve = transfer === 'hlg' ? 'arib-std-b67' : 'smpte2084';
  const filter = `setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc=${curve}:range=limited`;
  const encoder = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', parameters, '-tag:v', 'hvc1'];
  return encoded(extension, [...rawInput('yuv420p10le', width, height, 25), '-vf', filter, ...encoder, ...args], {
    raw: planes(width, height, codes, 2),
  });
}

import type { MediaInfo, RgbProfile, Rotation } from '../types.ts';
import { INPUT_LIMITS } from './input-limits.ts';
import { inputSecurityArgs } from './probe.ts';
import { profileToSrgb } from './rgb-profile.ts';

/** A transformation before display. `quarters` counts counterclockwise quarter turns. Mirroring over `x` swaps left and right. */
export type Turn =
  | { kind: 'rotate'; quarters: number }
  | { kind: 'mirror'; axis: 'x' | 'y' }
  | { kind: 'crop'; x: number; y: number; width: number; height: number };

/** Tiles of a picture, in rows from the top left. */
export interface Tiling {
  columns: number;
  rows: number;
}

/**
 * A HEIC or AVIF still as the sanitizer describes it. Its tiles are the frames of a remuxed movie: the first stream contains the colors,
 * the second stream contains the transparency.
 */
export interface StillPicture {
  codec: 'av1' | 'hevc';
  /** Pixels, before rotation, mirroring and cropping. */
  width: number;
  height: number;
  colors: Tiling;
  alpha: (Tiling & { premultiplied: boolean }) | null;
  /** Whether the picture has more than 8 bits per component. */
  isDeep: boolean;
  /** Color space of the decoded RGB, which becomes sRGB; null = it is not converted. */
  rgbProfile: RgbProfile | null;
  turns: readonly Turn[];
}

/**
 * Returns arguments for FFmpeg to decode a still into a PNG, upright and complete. By itself, FFmpeg 7.1 decodes only one tile, without
 * transparency and rotation. Transparent pictures get 8 bits, because `alphamerge` supports no more.
 */
export function stillArgs(still: StillPicture, input: string, output: string): string[] {
  return [
    ...[...START, ...inputSecurityArgs('mov'), '-i', input],
    ...['-filter_complex', `${stillGraph(still)}[out]`, '-map', '[out]', '-map_metadata', '-1'],
    ...pngOutput(output),
  ];
}

const START = [
  ...['-nostdin', '-hide_banner', '-v', 'warning', '-xerror', '-y'],
  ...['-max_pixels', String(INPUT_LIMITS.maxPixels)],
];
const CONVERT = 'scale=flags=bicubic+accurate_rnd+full_chroma_int';

function pngOutput(path: string): string[] {
  return ['-frames:v', '1', '-c:v', 'png', '-compression_level', '1', '-f', 'image2', '-update', '1', path];
}

/** Returns arguments for FFmpeg to decode a PNG or WebP into a PNG that is upright. Not every FFmpeg applies the orientation itself. */
export function uprightArgs(
  { demuxer, turns }: { demuxer: string; turns: readonly Turn[] },
  input: string,
  output: string,
): string[] {
  const convert = demuxer === 'webp_pipe' ? [CONVERT] : [];
  return [
    ...START,
    ...['-noautorotate', ...inputSecurityArgs(demuxer), '-i', input],
    ...['-vf', [...turns.flatMap(turnFilters), ...convert].join(','), '-map_metadata', '-1'],
    ...pngOutput(output),
  ];
}

/** Adds the orientation of a JPEG, which FFmpeg applies itself, to the description of its picture. */
export function withTurns(info: MediaInfo, turns: readonly Turn[]): MediaInfo {
  if (turns.length === 0) return info;
  const quarters = turns.reduce((sum, turn) => sum + (turn.kind === 'rotate' ? turn.quarters : 0), 0);
  const rotation = (((4 - (quarters % 4)) % 4) * 90) as Rotation;
  const video = info.video.map((stream) => {
    const [wide, tall] =
      rotation % 180 === stream.rotation % 180
        ? [stream.displayWidth, stream.displayHeight]
        : [stream.displayHeight, stream.displayWidth];
    return { ...stream, rotation, displayWidth: wide, displayHeight: tall };
  });
  return { ...info, video };
}

function stillGraph(still: StillPicture): string {
  const turns = still.turns.flatMap(turnFilters);
  const layer = (index: number, tiling: Tiling, format: string): string =>
    `[0:v:${index}]${[...assemble(tiling), ...format.split(','), ...cut(still, tiling)].join(',')}`;
  const toSrgb = (planar: string) => (still.rgbProfile ? profileToSrgb(still.rgbProfile, planar) : []);
  if (!still.alpha) {
    const format = still.isDeep ? 'rgb48be' : 'rgb24';
    const planar = still.isDeep ? 'gbrp16le' : 'gbrp';
    return [layer(0, still.colors, `${[CONVERT, ...toSrgb(planar)].join(',')},format=${format}`), ...turns].join(',');
  }
  // unpremultiply supports only planar formats.
  const merged = ['alphamerge', ...(still.alpha.premultiplied ? ['format=gbrap', 'unpremultiply=inplace=1'] : [])];
  return [
    `${layer(0, still.colors, `${[CONVERT, ...toSrgb('gbrp')].join(',')},format=rgba`)}[colors]`,
    `${layer(1, still.alpha, 'format=gray')}[alpha]`,
    `[colors][alpha]${[...merged, 'format=rgba', ...turns].join(',')}`,
  ].join(';');
}

const isTiled = ({ columns, rows }: Tiling): boolean => columns * rows > 1;

function assemble(tiling: Tiling): string[] {
  return isTiled(tiling) ? [`tile=${tiling.columns}x${tiling.rows}`] : [];
}

/** Crops the assembled tiles to the picture. The last row and column of tiles may extend beyond the picture. */
function cut({ width, height }: StillPicture, tiling: Tiling): string[] {
  return isTiled(tiling) ? [`crop=${width}:${height}:0:0:exact=1`] : [];
}

function turnFilters(turn: Turn): string[] {
  if (turn.kind === 'crop') return [`crop=${turn.width}:${turn.height}:${turn.x}:${turn.y}:exact=1`];
  if (turn.kind === 'mirror') return [turn.axis === 'x' ? 'hflip' : 'vflip'];
  return [[], ['transpose=cclock'], ['hflip', 'vflip'], ['transpose=clock']][turn.quarters % 4]!;
}

import type { RgbProfile, VideoStream } from '../../types.ts';

/** What the samples of a picture mean, in FFmpeg's names. */
export interface Color {
  /** `gbr` for RGB and for gray, which need no matrix. */
  matrix: string;
  range: 'tv' | 'pc';
  primaries: string;
  transfer: string;
}

export interface SourceColor extends Color {
  /** The properties that the stream does not declare, or declares in contradiction to its samples. They are assumptions. */
  assumed: readonly (keyof Color)[];
  /** The ICC profile of a picture, which JPEG and PNG outputs keep; null = none. */
  profile: RgbProfile | null;
}

/** The properties of a stream that determine its colors. */
export type ColoredStream = Pick<
  VideoStream,
  | 'pixelFormat'
  | 'width'
  | 'height'
  | 'colorSpace'
  | 'colorPrimaries'
  | 'colorTransfer'
  | 'colorRange'
  | 'isHdr'
  | 'rgbProfile'
>;

const RGB = /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|pal8|x2rgb|x2bgr)/;
const GRAY = /^(gray|ya\d|mono)/;
/** Matrices that `scale` can convert. */
const MATRICES = new Set(['bt709', 'bt470bg', 'smpte170m', 'smpte240m', 'fcc', 'bt2020nc']);
/** Names that encoders do not know. x265 rejects video with the primaries of EBU 3213, which are nearly the primaries of PAL. */
const UNKNOWN = new Set(['reserved', 'ebu3213']);
/** The matrices of BT.601, whose coefficients are equal. */
const BT601 = new Set(['bt470bg', 'smpte170m']);
/** A picture is assumed to be BT.709, the standard of HD, if its short side or its long side has at least this number of pixels. */
const HD_SHORT = 720;
const HD_LONG = 1280;
/** Lines of PAL, whose standard has other primaries than NTSC. */
const PAL_LINES = [576, 288];

export function isRgb(pixelFormat: string | null): boolean {
  return RGB.test(pixelFormat ?? '');
}

export function isBt601({ matrix }: Pick<Color, 'matrix'>): boolean {
  return BT601.has(matrix);
}

/** Whether the primaries can show colors outside BT.709. */
export function isWideGamut({ primaries }: Pick<Color, 'primaries'>): boolean {
  return ['bt2020', 'smpte431', 'smpte432', 'film', 'bt470m'].includes(primaries);
}

/**
 * Returns what the samples of a stream mean: what the stream declares, or an assumption for what it does not declare. Players make the same
 * assumptions. A declaration that contradicts the samples is ignored.
 */
export function sourceColor(stream: ColoredStream): SourceColor {
  const declared = declaredColor(stream);
  const matrix = declared.matrix ?? assumedMatrix(stream);
  const standard = standardOf(matrix, declared.range ?? 'tv', stream);
  const assumed = (['matrix', 'primaries', 'transfer'] as const).filter((name) => declared[name] === null);
  return {
    matrix,
    range: declared.range ?? 'tv',
    primaries: declared.primaries ?? standard.primaries,
    transfer: declared.transfer ?? standard.transfer,
    assumed,
    profile: stream.rgbProfile ?? null,
  };
}

function declaredColor(stream: ColoredStream): { [K in keyof Color]: Color[K] | null } {
  const { pixelFormat, colorSpace, colorPrimaries, colorTransfer, colorRange } = stream;
  const known = (name: string | null) => (name === null || UNKNOWN.has(name) ? null : name);
  const rgb = isRgb(pixelFormat) || GRAY.test(pixelFormat ?? '');
  const full = rgb || pixelFormat?.startsWith('yuvj') || colorRange === 'pc';
  const matrix = colorSpace !== null && MATRICES.has(colorSpace) ? colorSpace : null;
  return {
    matrix: rgb ? 'gbr' : matrix,
    range: full ? 'pc' : colorRange === 'tv' ? 'tv' : null,
    primaries: known(colorPrimaries),
    transfer: known(colorTransfer),
  };
}

function assumedMatrix({ width, height, isHdr, colorSpace, colorPrimaries }: ColoredStream): string {
  if (isHdr || colorSpace === 'bt2020c' || colorPrimaries === 'bt2020') return 'bt2020nc';
  const isHd = Math.min(width, height) >= HD_SHORT || Math.max(width, height) >= HD_LONG;
  if (isHd) return 'bt709';
  return PAL_LINES.includes(height) ? 'bt470bg' : 'smpte170m';
}

/** Returns the primaries and the transfer of the standard that defines a matrix. */
function standardOf(matrix: string, range: Color['range'], { isHdr }: ColoredStream) {
  if (matrix === 'bt2020nc') return { primaries: 'bt2020', transfer: 'bt2020-10' };
  // The full range of BT.601 is JPEG, whose colors are sRGB.
  if (isHdr || matrix === 'gbr' || !BT601.has(matrix) || range === 'pc') {
    return { primaries: isHdr ? 'bt2020' : 'bt709', transfer: 'bt709' };
  }
  return { primaries: matrix, transfer: 'smpte170m' };
}

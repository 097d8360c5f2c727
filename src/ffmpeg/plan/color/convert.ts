import type { OptionSet } from '../../policy/options/option-set.ts';
import { isAlphaFormat } from '../../probe/pixel-formats.ts';
import { profileToSrgb } from '../../probe/rgb-profile.ts';
import {
  type Color,
  type ColoredStream,
  isBt601,
  isRgb,
  isWideGamut,
  type SourceColor,
  sourceColor,
} from './source-color.ts';
import { statedColor } from './stated-color.ts';

/** What the colors of an output must mean. */
export interface OutputColor {
  /**
   * Kind of the encoder. `video` = limited range and a matrix that players support. JPEG and WebP files cannot declare a matrix: readers
   * assume BT.601, with full range (JPEG) or limited range (WebP). `any` = FFmpeg chooses the format nearest to the source.
   */
  use: 'video' | 'jpeg' | 'webp' | 'png' | 'gif' | 'any';
  /** Whether HDR and BT.2020 are kept. Other outputs become BT.709. */
  keepsHdr: boolean;
  /** RGB format for conversions that preserves the precision of the output; null = the format of the output is unknown. */
  rgb: 'gbrp' | 'gbrap' | 'gbrp10le' | null;
  /** Properties that the caller or the planner sets, instead of the properties of the source. */
  stated: Partial<Color>;
}

/** Returns what the colors of an encoder's output must mean. `pixelFormat` = the format that it receives; null = FFmpeg chooses. */
export function outputColor(encoder: string, pixelFormat: string | null, options: OptionSet): OutputColor {
  const deep = pixelFormat !== null && /10|12|16/.test(pixelFormat);
  const keepsHdr = deep || encoder === 'prores_ks' || options.has('color_trc', 'v');
  const rgb = pixelFormat === null ? null : isAlphaFormat(pixelFormat) ? 'gbrap' : deep ? 'gbrp10le' : 'gbrp';
  return { use: useOf(encoder, pixelFormat), keepsHdr, rgb, stated: statedColor(options) };
}

/** The video of a preset, without options of a caller. */
export const SDR_VIDEO: OutputColor = { use: 'video', keepsHdr: false, rgb: 'gbrp', stated: {} };

function useOf(encoder: string, pixelFormat: string | null): OutputColor['use'] {
  if (encoder === 'mjpeg') return 'jpeg';
  if (encoder.startsWith('libwebp')) return 'webp';
  if (encoder === 'png' || encoder === 'gif') return encoder;
  return encoder === 'ffv1' || isRgb(pixelFormat) || pixelFormat?.startsWith('gray') ? 'any' : 'video';
}

/** Filters and options that convert colors, in their order in a chain. */
export interface Conversion {
  /** Filters that tag properties that the frames do not declare. They do not change samples. */
  tags: string[];
  /** Whether HDR becomes BT.709 by tone mapping. */
  toneMap: boolean;
  /** Options of `scale`. */
  scale: string[];
  /** Filters between the final size and the pixel format. */
  after: string[];
  /** Filters after the pixel format. */
  last: string[];
}

/** The colors of SDR video, also after a tone map. */
export const BT709: SourceColor = {
  matrix: 'bt709',
  range: 'tv',
  primaries: 'bt709',
  transfer: 'bt709',
  assumed: [],
  profile: null,
};
/** The tone map makes the matrix and the range that JPEG needs. */
const JPEG: SourceColor = { ...BT709, matrix: 'bt470bg', range: 'pc' };
const SRGB = { primaries: 'bt709', transfer: 'iec61966-2-1' } as const;

export function needsToneMap(stream: Pick<ColoredStream, 'isHdr'>, { keepsHdr }: OutputColor): boolean {
  return stream.isHdr && !keepsHdr;
}

/**
 * Plans how the colors of a stream become the colors of an output.
 * @param isFlat whether transparent parts were filled, which makes the frames RGB
 */
export function planConversion(stream: ColoredStream, output: OutputColor, isFlat = false): Conversion {
  const toneMap = needsToneMap(stream, output);
  if (toneMap)
    return { tags: missingTags(stream, SDR_VIDEO), toneMap, ...convert(output.use === 'jpeg' ? JPEG : BT709, output) };
  const source = sourceColor(stream);
  const tags = missingTags(stream, output);
  if (!isFlat) return { tags, toneMap, ...convert(source, output) };
  const stated = { matrix: videoMatrix(source, output), ...output.stated };
  const steps = convert({ ...source, matrix: 'gbr', range: 'pc' }, { ...output, stated });
  // FFmpeg would convert the frames back to the matrix of the source.
  return { tags, toneMap, ...steps, ...(output.use === 'jpeg' && { scale: pictureOptions(output) }) };
}

type Steps = Pick<Conversion, 'scale' | 'after' | 'last'>;

function convert(from: SourceColor, output: OutputColor): Steps {
  const { use } = output;
  const nothing: Steps = { scale: [], after: [], last: [] };
  if (use === 'any') return nothing;
  if (use === 'video') return { ...nothing, ...convertVideo(from, output) };
  const keepsNoProfile = use === 'webp' || use === 'gif';
  const isWide = isWideGamut(from) || (keepsNoProfile && from.profile !== null);
  // With the tags of video, readers would make a PNG darker.
  const last = use === 'png' && (isWide || isDarkened(from)) ? [setTags(SRGB)] : [];
  if (isWide) return { ...nothing, after: throughRgb(from, output), last };
  if (use === 'png' || use === 'gif') return { ...nothing, last };
  if (isBt601(from)) return { ...nothing, scale: use === 'webp' && from.range === 'pc' ? ['out_range=tv'] : [] };
  if (from.matrix !== 'gbr') return { ...nothing, after: throughRgb(from, output) };
  return { ...nothing, scale: use === 'webp' ? pictureOptions(output) : [] };
}

/** Whether frames have the tags of video, which FFmpeg copies to PNG files. */
function isDarkened({ matrix, assumed, transfer }: SourceColor): boolean {
  return (
    matrix !== 'gbr' && !(assumed.includes('transfer') && assumed.includes('primaries')) && transfer !== SRGB.transfer
  );
}

function pictureOptions({ use }: OutputColor): string[] {
  return ['out_color_matrix=bt601', `out_range=${use === 'jpeg' ? 'pc' : 'tv'}`];
}

/** Returns filters from any matrix and primaries to the colors of a picture. A conversion without RGB in between would tint gray. */
function throughRgb(from: SourceColor, output: OutputColor): string[] {
  const isRgbPicture = output.use === 'png' || output.use === 'gif';
  const format = output.rgb ?? 'gbrp';
  const hasProfile = from.profile !== null && output.use !== 'jpeg' && output.use !== 'png';
  return [
    ...(hasProfile ? profileToSrgb(from.profile!, format) : [`format=${format}`]),
    ...(isWideGamut(from) && !hasProfile ? [toSrgb(from)] : []),
    ...(isRgbPicture ? [] : [`scale=${pictureOptions(output).join(':')}`]),
  ];
}

function convertVideo(from: SourceColor, output: OutputColor): Partial<Steps> {
  const { stated, keepsHdr } = output;
  const matrix = videoMatrix(from, output);
  const range = stated.range ?? 'tv';
  const isOther = matrix !== from.matrix && !(isBt601({ matrix }) && isBt601(from));
  const options = [`out_color_matrix=${matrixName(matrix)}`, `out_range=${range}`];
  const scale = isOther ? options : from.range === range ? [] : [`out_range=${range}`];
  const last = tagFilter({
    ...(isOther && isBt601({ matrix }) && { matrix }),
    ...(stated.primaries && stated.primaries !== from.primaries && { primaries: stated.primaries }),
    ...(stated.transfer && stated.transfer !== from.transfer && { transfer: stated.transfer }),
  });
  // Few players show the primaries of BT.2020 without HDR.
  const isWide = from.primaries === 'bt2020' && !keepsHdr && stated.primaries !== 'bt2020';
  if (!isWide && (!isOther || from.matrix === 'gbr')) return { scale, last };
  return {
    after: [`format=${output.rgb ?? 'gbrp'}`, ...(isWide ? [toSrgb(from)] : []), `scale=${options.join(':')}`],
    last,
  };
}

/** Returns the filter that converts RGB from other primaries. Browsers show the transfer functions of SDR video like sRGB. */
function toSrgb({ primaries, transfer }: Color): string {
  const curve = transfer === 'bt470m' || transfer === 'bt470bg' || transfer === 'linear' ? transfer : SRGB.transfer;
  return `zscale=primariesin=${primaries}:transferin=${curve}:primaries=bt709:transfer=${SRGB.transfer}`;
}

/** Returns the name that `scale` uses for a matrix. */
function matrixName(matrix: string): string {
  if (isBt601({ matrix })) return 'bt601';
  return matrix.startsWith('bt2020') ? 'bt2020' : matrix;
}

/** Returns the matrix of an output: the matrix of its source if all players support it, otherwise BT.709. */
function videoMatrix({ matrix }: Pick<Color, 'matrix'>, { keepsHdr, stated }: OutputColor): string {
  if (stated.matrix) return stated.matrix;
  return matrix === 'bt709' || isBt601({ matrix }) || (keepsHdr && matrix === 'bt2020nc') ? matrix : 'bt709';
}

/** Converts the pixel format for the filters that follow. Otherwise, FFmpeg might convert it before the tags, by another matrix. */
const BARRIER = 'scale';

/** Returns filters that tag properties that the source does not declare, if the conversion or the output depends on them. */
export function missingTags(stream: ColoredStream, { use }: OutputColor): string[] {
  const source = sourceColor(stream);
  const rgb = source.matrix === 'gbr';
  if (use === 'video' || (use === 'any' && !rgb)) {
    const names = source.assumed.map((name) => [name, source[name]] as const);
    if (names.length === 0) return [];
    const range = stream.colorRange === null && !rgb ? { range: source.range } : {};
    return [
      setTags({ ...Object.fromEntries(names), ...range }),
      ...(source.assumed.includes('matrix') ? [BARRIER] : []),
    ];
  }
  // Without a matrix, FFmpeg converts by BT.601.
  const isWrong = source.assumed.includes('matrix') && (stream.colorSpace !== null || !isBt601(source));
  return isWrong ? [setTags({ matrix: source.matrix }), BARRIER] : [];
}

/** Returns the colors of an output that joins streams: the colors of the streams if they agree, otherwise BT.709. */
export function joinedColor(streams: readonly ColoredStream[], output: OutputColor): OutputColor {
  const sources = streams.map((stream) => (needsToneMap(stream, output) ? BT709 : sourceColor(stream)));
  const common = (values: readonly string[]) =>
    new Set(values).size === 1 && values[0] !== 'bt2020' ? values[0]! : 'bt709';
  const matrix = common(sources.map((source) => videoMatrix(source, output)));
  const primaries = common(sources.map((source) => source.primaries));
  const transfer = common(sources.map((source) => source.transfer));
  return { ...output, stated: { matrix, primaries, transfer, ...output.stated } };
}

/** What the frames that leave the caller's filters mean. */
export interface DrawnColor {
  /** What the frames meant before the filters. */
  source: SourceColor;
  /** Whether frames of several sources were combined, so that their tags may be lost. */
  isMixed: boolean;
  /** Whether the filters do not convert colors. */
  isUntouched: boolean;
}

/** Returns filters that convert the result of the caller's filters, whose pixel format is unknown. */
export function finishColors({ source, isMixed, isUntouched }: DrawnColor, output: OutputColor): Steps {
  const steps = convert(source, output);
  const isRgb = source.matrix === 'gbr';
  if (isUntouched && !isMixed && !(isRgb && output.use === 'video')) return steps;
  if (output.use === 'jpeg' || output.use === 'webp') return { ...steps, scale: [], after: throughRgb(source, output) };
  if (output.use !== 'video' || steps.after.length > 0) return steps;
  const matrix = videoMatrix(source, output);
  const range = output.stated.range ?? 'tv';
  const options = `out_color_matrix=${matrixName(matrix)}:out_range=${range}`;
  const { rgb } = output;
  const tags = { primaries: source.primaries, transfer: source.transfer, ...output.stated, matrix, range };
  return {
    // Filters may have converted RGB to a matrix that FFmpeg does not name.
    ...(isRgb && rgb ? { scale: [], after: [`format=${rgb}`, `scale=${options}`] } : { scale: [options], after: [] }),
    last: isMixed || isRgb ? [setTags(tags)] : steps.last,
  };
}

const PARAMETERS: Readonly<Record<keyof Color, string>> = {
  primaries: 'color_primaries',
  transfer: 'color_trc',
  matrix: 'colorspace',
  range: 'range',
};

function tagFilter(tags: Partial<Color>): string[] {
  return Object.keys(tags).length > 0 ? [setTags(tags)] : [];
}

/** Returns the filter that tags frames. */
function setTags(tags: Partial<Color>): string {
  const names = (Object.keys(PARAMETERS) as (keyof Color)[]).filter((name) => tags[name] !== undefined);
  return `setparams=${names.map((name) => `${PARAMETERS[name]}=${tags[name]}`).join(':')}`;
}

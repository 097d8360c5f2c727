import type { VideoStream } from '../types.ts';
import { decimal, displaySize, rationalFrameRate, type Size, storedSize } from './geometry.ts';
import { deinterlace } from './interlacing.ts';

export interface VideoChain {
  /** Final size; null = keep the size. */
  size: Size | null;
  /** Whether non-square samples are converted to square pixels. Otherwise, the stored size and its aspect tag stay unchanged. */
  squarePixels: boolean;
  /** Whether bars are added around the picture if `size` has another aspect ratio than the source (joins). */
  pad: boolean;
  /** Constant frames per second; null = every frame keeps its own time. */
  frameRate: number | null;
  /** Whether the first frame is repeated from time zero. Requires a constant frame rate. */
  fromZero?: boolean;
  /** Whether HDR is tone-mapped, because the output has 8 bits. */
  toneMap: boolean;
  /**
   * Pixel format of the output; null = no restriction, or a format that the caller has set. For YUV, RGB becomes BT.709, and the range
   * becomes limited.
   */
  pixelFormat: string | null;
  /** Whether EXIF data, which the probe does not show, may rotate a photo. The frame itself then determines the size. */
  orientationUnknown: boolean;
  /** Color behind transparent parts if the output has no alpha channel; null = no color is needed. */
  background: 'white' | 'black' | null;
}

/**
 * Returns the simple filter chain of one video stream, in the cheapest order: fewer frames, then fewer pixels, then color. Empty = nothing
 * to do. FFmpeg's autorotate runs before this chain.
 */
export function videoChain(stream: VideoStream, chain: VideoChain): string {
  const filters: string[] = [];
  filters.push(...deinterlace(stream));
  if (chain.frameRate !== null) {
    const start = chain.fromZero ? ':start_time=0' : '';
    filters.push(`fps=${rationalFrameRate(chain.frameRate)}${start}`);
  }
  if (chain.background && stream.hasAlpha) filters.push(flatten(chain.background));
  const toneMap = chain.toneMap && stream.isHdr;
  filters.push(...resize(stream, chain, toneMap));
  if (toneMap) filters.push(...hdrToSdr(stream, hasOddSide(stream, chain)));
  const pixelFormat = chain.pixelFormat ?? (toneMap ? 'yuv420p' : null);
  if (pixelFormat && (filters.length > 0 || pixelFormat !== stream.pixelFormat)) filters.push(`format=${pixelFormat}`);
  return filters.join(',');
}

/** Returns the filters that run before the caller's filters. */
export function prepareChain(stream: VideoStream, work: { deinterlace: boolean; toneMap: boolean }): string {
  const filters: string[] = [];
  if (work.deinterlace) filters.push(...deinterlace(stream));
  if (work.toneMap && stream.isHdr) {
    const { width, height } = storedSize(stream);
    filters.push(...hdrToSdr(stream, width % 2 === 1 || height % 2 === 1), 'format=yuv420p');
  }
  return filters.join(',');
}

function resize(stream: VideoStream, chain: VideoChain, toneMap: boolean): string[] {
  const display = chain.squarePixels ? displaySize(stream) : storedSize(stream);
  const size = chain.size ?? display;
  const colour = toneMap ? [] : colourOptions(stream, chain.pixelFormat);
  const square = !chain.squarePixels || Math.abs(stream.sampleAspectRatio - 1) < 0.001;
  const same = size.width === display.width && size.height === display.height;
  const off = { width: display.width - size.width, height: display.height - size.height };
  const cropOnly = square && off.width >= 0 && off.height >= 0 && off.width <= 1 && off.height <= 1;

  if (chain.pad) {
    const inner = padInner(display, size);
    return [
      `scale=${[inner.width, inner.height, ...colour].join(':')}`,
      `pad=${size.width}:${size.height}:(ow-iw)/2:(oh-ih)/2:black`,
      'setsar=1',
    ];
  }
  const steps: string[] = [];
  if (!square || (!same && !cropOnly)) {
    const [width, height] = chain.orientationUnknown ? eitherOrientation(size) : [size.width, size.height];
    steps.push(`scale=${[width, height, ...colour].join(':')}`);
    if (chain.squarePixels) steps.push('setsar=1');
    return steps;
  }
  if (!same) steps.push('crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0');
  if (colour.length > 0) steps.push(`scale=${colour.join(':')}`);
  return steps;
}

function eitherOrientation(size: Size): [string, string] {
  const [long, short] = [Math.max(size.width, size.height), Math.min(size.width, size.height)];
  return [`'if(gte(iw,ih),${long},${short})'`, `'if(gte(iw,ih),${short},${long})'`];
}

/**
 * Returns the largest even size with the picture's aspect ratio inside the box. Small pictures are enlarged so that a join fills its frame.
 */
function padInner(display: Size, box: Size): Size {
  const factor = Math.min(box.width / display.width, box.height / display.height);
  const even = (value: number, max: number) => Math.min(max, Math.max(2, 2 * Math.round(value / 2)));
  return {
    width: even(display.width * factor, box.width),
    height: even(display.height * factor, box.height),
  };
}

/**
 * Returns options of `scale` that convert colors. Players assume that untagged video is limited-range BT.709, so RGB and full-range sources
 * are converted.
 */
function colourOptions(stream: VideoStream, pixelFormat: string | null): string[] {
  if (!pixelFormat?.startsWith('yuv') || pixelFormat.startsWith('yuvj')) return [];
  const source = stream.pixelFormat ?? '';
  const isRgb = /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|pal8|x2)/.test(source);
  if (isRgb) return ['out_color_matrix=bt709', 'out_range=tv'];
  if (source.startsWith('yuvj') || stream.colorRange === 'pc') return ['out_range=tv'];
  return [];
}

/**
 * Returns filters that fill transparent parts with a color. `drawbox` with `replace` paints the entire frame, so no second input of a known
 * size is needed.
 */
export function flatten(colour: 'white' | 'black'): string {
  return (
    `format=rgba,split[front][back];[back]drawbox=color=${colour}:thickness=fill:replace=1[ground];` +
    '[ground][front]overlay=format=rgb'
  );
}

function hasOddSide(stream: VideoStream, chain: VideoChain): boolean {
  const { width, height } = chain.size ?? storedSize(stream);
  return width % 2 === 1 || height % 2 === 1;
}

const TRANSFERS = new Set(['smpte2084', 'arib-std-b67']);
const PRIMARIES = new Set(['bt709', 'bt2020', 'smpte431', 'smpte432']);
const MATRICES: Readonly<Record<string, string>> = { bt709: 'bt709', bt2020nc: 'bt2020nc', bt2020c: 'bt2020c' };

/**
 * Returns the usual filters from HDR to BT.709, with zimg and the Hable curve. The properties of the input are stated in full because files
 * often tag only the transfer, and zimg does not guess the other properties. 100 cd/m² is the reference white of SDR.
 */
function hdrToSdr(stream: VideoStream, odd: boolean): string[] {
  const transfer = stream.colorTransfer && TRANSFERS.has(stream.colorTransfer) ? stream.colorTransfer : 'smpte2084';
  const primaries = stream.colorPrimaries && PRIMARIES.has(stream.colorPrimaries) ? stream.colorPrimaries : 'bt2020';
  const matrix = (stream.colorSpace && MATRICES[stream.colorSpace]) || 'bt2020nc';
  const range = stream.colorRange === 'pc' ? 'full' : 'limited';
  // zimg rejects subsampled chroma of an odd size, so such pictures are converted with full chroma.
  const full = (format: string) => (odd ? [`format=${format}`] : []);
  return [
    ...full('yuv444p10le'),
    `zscale=transferin=${transfer}:primariesin=${primaries}:matrixin=${matrix}:rangein=${range}:transfer=linear:npl=100`,
    'format=gbrpf32le',
    'zscale=primaries=bt709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=transfer=bt709:matrix=bt709:range=limited',
    ...full('yuv444p'),
  ];
}

/**
 * Returns the filters of a one-pass palette (1.7 times as fast as two passes). `paletteuse` keeps every frame until the palette is
 * complete, so the palette covers only the first seconds if not all frames would fit into memory.
 */
export function paletteChain(options: { colours: number; sampleSeconds: number | null }): string {
  const sample = options.sampleSeconds === null ? '' : `trim=duration=${decimal(options.sampleSeconds)},`;
  return (
    `split[seen][shown];[seen]${sample}palettegen=max_colors=${options.colours}[palette];` +
    '[shown][palette]paletteuse=dither=sierra2_4a:diff_mode=rectangle'
  );
}

import { ffprobe } from '../../media.ts';
import { run } from '../../run.ts';
import { fromYuv, type Matrix, type Range, type Rgb } from '../sources/colors.ts';
import { GRID } from '../sources/patches.ts';

const LIMITS = { timeout: 120_000, maxBuffer: 2 ** 29 };

/** Color tags of the first video stream. */
export interface ColorTags {
  pixelFormat: string;
  matrix: string;
  primaries: string;
  transfer: string;
  range: string;
  /** Types of side data, such as mastering displays. */
  sideData: string[];
  width: number;
  height: number;
}

export async function readTags(path: string): Promise<ColorTags> {
  // biome-ignore lint/suspicious/noExplicitAny: output of ffprobe
  const video = (await ffprobe(path)).streams.find((stream: any) => stream.codec_type === 'video');
  const first = ['-select_streams', 'v:0', '-read_intervals', '%+#1', '-show_entries', 'frame=side_data_list'];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...first, '-of', 'json', path], LIMITS);
  const inFrame = JSON.parse(stdout).frames?.[0]?.side_data_list ?? [];
  return {
    pixelFormat: video.pix_fmt,
    matrix: video.color_space ?? 'unknown',
    primaries: video.color_primaries ?? 'unknown',
    transfer: video.color_transfer ?? 'unknown',
    range: video.color_range ?? 'unknown',
    sideData: [...(video.side_data_list ?? []), ...inFrame].map(
      (data: { side_data_type: string }) => data.side_data_type,
    ),
    width: video.width,
    height: video.height,
  };
}

const MATRICES: Readonly<Record<string, Exclude<Matrix, 'rgb'>>> = {
  bt709: 'bt709',
  smpte170m: 'bt601',
  bt470bg: 'bt601',
  bt2020nc: 'bt2020',
};

/** Returns Y', Cb and Cr, or R'G'B' of a decoded picture in the middle of each patch, without a conversion by FFmpeg. */
export async function decodeSamples(path: string, tags: ColorTags, seconds = 0): Promise<Rgb[]> {
  const { width, height } = tags;
  const layout = layoutOf(tags.pixelFormat);
  // `-pix_fmt` keeps the format, and only unpacks formats that this function does not read.
  const args = ['-nostdin', '-v', 'error', '-noautorotate', '-i', path, '-map', '0:v:0', '-ss', String(seconds)];
  const output = ['-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', layout.format, '-'];
  const { stdout } = await run('ffmpeg', [...args, ...output], { ...LIMITS, encoding: 'buffer' });
  return patchMiddles(width, height).map(([x, y]) => layout.read(stdout, width, height, x, y));
}

export function patchMiddles(width: number, height: number): [number, number][] {
  const cells = Array.from({ length: GRID.columns * GRID.rows }, (_, index) => index);
  return cells.map((index) => [
    Math.floor(((index % GRID.columns) + 0.5) * (width / GRID.columns)),
    Math.floor((Math.floor(index / GRID.columns) + 0.5) * (height / GRID.rows)),
  ]);
}

interface Layout {
  format: string;
  isRgb: boolean;
  bits: number;
  read(bytes: Buffer, width: number, height: number, x: number, y: number): Rgb;
}

/** Half of the side of the square of samples that are averaged, so that dithering does not count as an error. */
const REACH = 4;

function layoutOf(pixelFormat: string): Layout {
  const planar = /^yuv(j?)(a?)(420|422|444)p(10le|12le)?$/.exec(pixelFormat);
  if (!planar) {
    const read: Layout['read'] = (bytes, width, _, x, y) =>
      average(x, y, (atX, atY) => {
        const at = (atY * width + atX) * 3;
        return [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!];
      });
    return { format: 'rgb24', isRgb: true, bits: 8, read };
  }
  const [, , , sampling, deep] = planar;
  const size = deep ? 2 : 1;
  const across = sampling === '444' ? 1 : 2;
  const down = sampling === '420' ? 2 : 1;
  const read: Layout['read'] = (bytes, width, height, x, y) => {
    const chroma = { width: Math.ceil(width / across), height: Math.ceil(height / down) };
    const sample = (at: number) => (deep ? bytes.readUInt16LE(at * 2) : bytes[at]!);
    const [luma, plane] = [width * height, chroma.width * chroma.height];
    return average(x, y, (atX, atY) => {
      const at = luma + Math.floor(atY / down) * chroma.width + Math.floor(atX / across);
      return [sample(atY * width + atX), sample(at), sample(at + plane)];
    });
  };
  return { format: pixelFormat, isRgb: false, bits: size === 1 ? 8 : Number.parseInt(deep!, 10), read };
}

function average(x: number, y: number, sample: (x: number, y: number) => Rgb): Rgb {
  const sums: [number, number, number] = [0, 0, 0];
  for (let atY = y - REACH; atY < y + REACH; atY += 1)
    for (let atX = x - REACH; atX < x + REACH; atX += 1)
      for (const [channel, value] of sample(atX, atY).entries()) sums[channel]! += value / (2 * REACH) ** 2;
  return sums;
}

/**
 * Decodes a picture and converts it according to its tags. Without tags, players assume BT.709 from 720 lines, and limited range.
 * @returns codes of R'G'B' from 0 to 255
 */
export async function decodePatches(path: string, seconds = 0): Promise<Rgb[]> {
  const tags = await readTags(path);
  const { isRgb, bits } = layoutOf(tags.pixelFormat);
  const samples = await decodeSamples(path, tags, seconds);
  if (isRgb) return samples;
  const isFull = tags.range === 'pc' || tags.pixelFormat.startsWith('yuvj');
  const range: Range = isFull ? 'full' : 'limited';
  const assumed = tags.height >= 720 ? 'bt709' : 'bt601';
  const matrix = MATRICES[tags.matrix] ?? assumed;
  return samples.map((sample) => {
    const [red, green, blue] = fromYuv(sample, matrix, range, bits);
    return [red * 255, green * 255, blue * 255];
  });
}

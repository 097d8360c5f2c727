import { ffprobe } from '../../media.ts';
import { run } from '../../run.ts';
import type { Rgb } from '../sources/colors.ts';

const LIMITS = { timeout: 120_000, maxBuffer: 2 ** 28 };

// biome-ignore lint/suspicious/noExplicitAny: output of ffprobe
export async function videoOf(path: string): Promise<any> {
  // biome-ignore lint/suspicious/noExplicitAny: output of ffprobe
  return (await ffprobe(path)).streams.find((stream: any) => stream.codec_type === 'video');
}

/** Returns the size in pixels of the white area of the frame at `seconds`, as a player shows it. */
export async function measureWhite(path: string, seconds: number): Promise<{ width: number; height: number }> {
  const { width, height } = await videoOf(path);
  const args = ['-nostdin', '-v', 'error', '-noautorotate', '-i', path, '-ss', String(seconds), '-frames:v', '1'];
  const { stdout } = await run('ffmpeg', [...args, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'], {
    ...LIMITS,
    encoding: 'buffer',
  });
  const [columns, rows] = [new Set<number>(), new Set<number>()];
  for (let at = 0; at < width * height; at += 1)
    if (stdout[at]! > 190) {
      columns.add(at % width);
      rows.add(Math.floor(at / width));
    }
  return { width: columns.size, height: rows.size };
}

/** Returns the share of the frames from 0 to 1 in which FFmpeg's `idet` finds two fields from different times. */
export async function combedShare(path: string, from = 0): Promise<number> {
  const args = ['-nostdin', '-hide_banner', '-ss', String(from), '-i', path, '-map', '0:v:0', '-vf', 'idet'];
  const { stderr } = await run('ffmpeg', [...args, '-f', 'null', '-'], LIMITS);
  const counts = /Multi frame detection: TFF:\s*(\d+) BFF:\s*(\d+) Progressive:\s*(\d+) Undetermined:\s*(\d+)/g;
  // FFmpeg configures the filter twice, and the first one sees no frames.
  const [top, bottom, progressive, unknown] = [...stderr.matchAll(counts)].at(-1)!.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return (top + bottom) / Math.max(1, top + bottom + progressive + unknown);
}

/** Colors of the four quarters of a picture, each with a letter. */
export const QUARTERS: Readonly<Record<string, Rgb>> = {
  R: [220, 40, 40],
  G: [40, 190, 60],
  B: [50, 60, 215],
  Y: [225, 210, 50],
};

/** Returns the letter of the nearest color. */
export function letterOf(color: Rgb): string {
  const distanceTo = (other: Rgb) => other.reduce((sum, value, index) => sum + (value - color[index]!) ** 2, 0);
  return Object.entries(QUARTERS).sort(([, a], [, b]) => distanceTo(a) - distanceTo(b))[0]![0];
}

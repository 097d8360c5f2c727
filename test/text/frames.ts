import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTextOverlay, textOverlayFilters } from '../../src/ffmpeg/policy/overlays/index.ts';
import { type DrawnLayer, drawLayer, openFonts } from '../../src/text-render/index.ts';
import { run } from '../../testkit/run.ts';

export const fonts = openFonts();
/** Color under every overlay of these tests. */
export const GROUND = [51, 102, 153] as const;

export interface Frame {
  width: number;
  height: number;
  /** Returns red, green and blue of a pixel. */
  at(x: number, y: number): [number, number, number];
}

export interface Box {
  left: number;
  top: number;
  /** `right` and `bottom` are exclusive. */
  right: number;
  bottom: number;
}

export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-text-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs FFmpeg with a plain ground (input 0) and pictures (inputs 1, 2, …). Returns the frame at `second`. */
export async function compose(
  size: { width: number; height: number },
  pictures: { demuxer: string; bytes: Buffer }[],
  graph: string,
  second = 0,
): Promise<Frame> {
  return withFolder(async (folder) => {
    const inputs: string[] = [];
    for (const [index, { demuxer, bytes }] of pictures.entries()) {
      const path = join(folder, String(index));
      await writeFile(path, bytes);
      inputs.push('-f', demuxer, '-i', path);
    }
    const color = GROUND.map((part) => part.toString(16).padStart(2, '0')).join('');
    const ground = `color=c=0x${color}:s=${size.width}x${size.height}:r=10:d=2,format=rgb24`;
    const args = ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', ground, ...inputs];
    const output = [
      '-map',
      '[out]',
      '-ss',
      String(second),
      '-frames:v',
      '1',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-',
    ];
    const options = { timeout: 30_000, maxBuffer: 64 * 2 ** 20, encoding: 'buffer' as const };
    const { stdout } = await run('ffmpeg', [...args, '-filter_complex', graph, ...output], options);
    if (stdout.length !== size.width * size.height * 3) throw new Error('FFmpeg made no frame of the size asked for.');
    const at = (x: number, y: number): [number, number, number] => {
      const start = (y * size.width + x) * 3;
      return [stdout[start]!, stdout[start + 1]!, stdout[start + 2]!];
    };
    return { ...size, at };
  });
}

/** Returns a frame with an overlay as a caller writes it, made by the parser, the drawing and the filter of the product. */
export async function overlaid(
  argument: unknown,
  size = { width: 640, height: 360 },
  second = 0,
): Promise<{ frame: Frame; layer: DrawnLayer }> {
  const read = parseTextOverlay(argument);
  if (!read.ok) throw new Error(`${read.key}: ${read.reason}`);
  const layer = drawLayer({ kind: 'text', path: '', overlay: read.overlay, frame: size }, fonts);
  const graph = textOverlayFilters(read.overlay, { input: '0:v', layer: '1:v', output: 'out' });
  return { layer, frame: await compose(size, [{ demuxer: 'svg_pipe', bytes: layer.file }], graph, second) };
}

/** Returns the smallest rectangle around pixels that differ from the ground by more than `tolerance`; null if there are none. */
export function inkBox(frame: Frame, tolerance = 40): Box | null {
  const box = { left: frame.width, top: frame.height, right: 0, bottom: 0 };
  for (let y = 0; y < frame.height; y++)
    for (let x = 0; x < frame.width; x++) {
      if (distance(frame.at(x, y), GROUND) <= tolerance) continue;
      box.left = Math.min(box.left, x);
      box.top = Math.min(box.top, y);
      box.right = Math.max(box.right, x + 1);
      box.bottom = Math.max(box.bottom, y + 1);
    }
  return box.right === 0 ? null : box;
}

export function distance(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((part, index) => Math.abs(part - b[index]!)));
}

/**
 * Aligns the boxes of the ink of both frames. Returns the share of the ink of one frame that is within a pixel of the ink of the other
 * frame, for the worse of the two directions. 1 means that only the smoothing of edges may differ.
 */
export function inkMatch(a: Frame, b: Frame): number {
  const [first, second] = [inkOf(a), inkOf(b)];
  return Math.min(covered(first, second), covered(second, first));
}

interface Ink {
  width: number;
  height: number;
  /** Returns the difference from the color of the ground, from 0 to 255. */
  at(x: number, y: number): number;
}

function inkOf(frame: Frame): Ink {
  const box = inkBox(frame) ?? { left: 0, top: 0, right: 0, bottom: 0 };
  const width = box.right - box.left;
  const height = box.bottom - box.top;
  const at = (x: number, y: number): number => {
    const inside = x >= 0 && y >= 0 && x < width && y < height;
    return inside ? distance(frame.at(box.left + x, box.top + y), GROUND) : 0;
  };
  return { width, height, at };
}

function covered(ink: Ink, by: Ink): number {
  const near = [-1, 0, 1];
  let all = 0;
  let found = 0;
  for (let y = 0; y < ink.height; y++)
    for (let x = 0; x < ink.width; x++) {
      if (ink.at(x, y) < 120) continue;
      all++;
      if (near.some((dy) => near.some((dx) => by.at(x + dx, y + dy) >= 60))) found++;
    }
  return all === 0 ? 0 : found / all;
}

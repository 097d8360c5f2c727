import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import type { TranscodeRequest } from '../../src/contract/transcode-request.ts';
import {
  checkInput,
  checkOutput,
  estimateResourceClass,
  type MediaInfo,
  type Plan,
  type PlanAsset,
  parseRequest,
  planTranscode,
} from '../../src/ffmpeg/index.ts';
import { drawLayer, type FontLibrary, openFonts } from '../../src/text-render/index.ts';
import { inspect } from '../../testkit/inspect-media.ts';
import { joinArgs } from '../../testkit/join-args.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { fileOf } from '../../testkit/planned-file.ts';
import { run } from '../../testkit/run.ts';

const OPTIONS = { timeout: 60_000, maxBuffer: 16 * 2 ** 20 };

export interface Workshop {
  dir: string;
  /** Makes a file with FFmpeg from the arguments before the output's name. Returns the path of the file. */
  make(name: string, args: string[]): Promise<string>;
  /** Plans and runs a request with files as inputs. Returns the plan and the result. `assets` contains the local file of each URL. */
  transcode(
    files: string[],
    request: Omit<TranscodeRequest, 'inputs'> & Partial<TranscodeRequest>,
    assets?: Record<string, string>,
  ): Promise<Result>;
  /** Runs several requests like `transcode`. Requests without graphs share one process, and their `stdout` is empty. */
  transcodeAll(
    requests: readonly { files: string[]; request: Parameters<Workshop['transcode']>[1] }[],
    assets?: Record<string, string>,
  ): Promise<Result[]>;
  remove(): Promise<void>;
}

export interface Result {
  plan: Plan;
  info: MediaInfo;
  path: string;
  stdout: string;
}

/** Videos for which x264 runs with a faster preset than the plan chooses: `large` means all except small videos. */
export type Hastened = 'all' | 'large' | 'none';

export async function openWorkshop({ hastened = 'all' as Hastened } = {}): Promise<Workshop> {
  const dir = await mkdtemp(join(tmpdir(), 'airlock-media-'));
  let count = 0;
  const prepare: Prepare = async (files, request, sources) => {
    const inputs = await Promise.all(files.map(inspect));
    for (const input of inputs) checkInput(input.info);
    const full: TranscodeRequest = { inputs: files.map((url) => ({ url })), ...request };
    const assets = await placeAssets(full, sources);
    const ctx = {
      resourceClass: estimateResourceClass(
        full,
        inputs.map((input) => input.info),
      ),
      cores: 2,
      assets: assets.map((asset) => asset?.asset ?? null),
    };
    const named = inputs.map((input, index) => ({ ...input, path: `/in/${index}` }));
    const plan = planTranscode(full, named, ctx);
    const planned = fileOf(plan.outputs[0]);
    const number = ++count;
    const path = join(dir, `${number}-${planned.path.slice('/out/'.length)}`);
    const places = new Map(inputs.map(({ path }, index) => [`/in/${index}`, path]));
    for (const placed of assets) if (placed) places.set(placed.asset.path, placed.file);
    for (const layer of plan.layers) {
      const file = join(dir, `${number}-${basename(layer.path)}`);
      fonts ??= openFonts();
      await writeFile(file, drawLayer(layer, fonts).file);
      places.set(layer.path, file);
    }
    const args = withFastEncoder(plan.args, hastened).map((arg) =>
      arg === planned.path ? path : arg.replace(/\/in\/[a-z0-9.-]+/g, (name) => places.get(name) ?? name),
    );
    return { plan, path, args };
  };
  return {
    dir,
    async make(name, args) {
      const path = join(dir, name);
      // If a file is made from other files, its arguments do not identify its content, so it is not cached.
      if (args.some((arg) => arg.includes(dir)))
        await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, path], OPTIONS);
      else await makeMedia(path, args);
      return path;
    },
    async transcode(files, request, sources = {}) {
      const prepared = await prepare(files, request, sources);
      const { stdout } = await run('ffmpeg', prepared.args, OPTIONS);
      return finish(prepared, stdout);
    },
    async transcodeAll(requests, sources = {}) {
      const prepared = await Promise.all(requests.map(({ files, request }) => prepare(files, request, sources)));
      await Promise.all(joinPlans(prepared.map(({ args }) => args)).map((args) => run('ffmpeg', args, OPTIONS)));
      return Promise.all(prepared.map((one) => finish(one, '')));
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** Presets that are replaced. Plans choose `faster` for large videos. */
const REPLACED = { all: ['fast', 'faster'], large: ['faster'], none: [] } as const satisfies Record<Hastened, object>;

/**
 * Replaces the x264 presets of plans with a preset that needs half of the processor time. Its output has the same profile and B-frames.
 * Tests of pictures, audio and containers don't depend on the better compression of the slower presets.
 */
export function withFastEncoder(args: readonly string[], hastened: Hastened = 'all'): string[] {
  const replaced: readonly string[] = REPLACED[hastened];
  return args.map((arg, index) => (args[index - 1] === '-preset:v' && replaced.includes(arg) ? 'superfast' : arg));
}

interface Prepared {
  plan: Plan;
  path: string;
  args: string[];
}
type Prepare = (...request: Required<Parameters<Workshop['transcode']>>) => Promise<Prepared>;

async function finish({ plan, path }: Prepared, stdout: string): Promise<Result> {
  const { info } = await inspect(path);
  checkOutput(fileOf(plan.outputs[0]).expect, info);
  return { plan, info, path, stdout };
}

/** Joins plans without graphs that start with the same arguments for the process. Returns the other plans unchanged. */
function joinPlans(plans: readonly string[][]): string[][] {
  const alone = plans.filter((args) => args.includes('-filter_complex'));
  const plain = plans.filter((args) => !alone.includes(args));
  const starts = new Set(plain.map((args) => args.slice(0, startOf(args)).join(' ')));
  const joined = [...starts].map((start) => {
    const alike = plain.filter((args) => args.slice(0, startOf(args)).join(' ') === start);
    return [...start.split(' '), ...joinArgs(alike.map((args) => args.slice(startOf(args))))];
  });
  return [...alone, ...joined];
}

/** Returns the number of arguments before the arguments of the first input. */
function startOf(args: readonly string[]): number {
  return args.indexOf('-filter_complex_threads') + 2;
}

let fonts: FontLibrary | null = null;

/** Returns the assets of a request with the paths that a worker would choose. */
async function placeAssets(
  request: TranscodeRequest,
  sources: Record<string, string>,
): Promise<({ asset: PlanAsset; file: string } | null)[]> {
  return Promise.all(
    parseRequest(request).assets.map(async ({ kind, source }, index) => {
      if (source.type === 'input') return null;
      const file = sources[source.url];
      if (!file) throw new Error(`no file for ${source.url}`);
      const path = `/in/asset-${index}${extname(file)}`;
      if (kind === 'font' || kind === 'lut') return { file, asset: { kind, path, demuxer: null, info: null } };
      const { demuxer, info } = await inspect(file);
      return { file, asset: { kind, path, demuxer, info } };
    }),
  );
}

/** Returns the mean color of a region of one frame as [red, green, blue]. `at` is in seconds, and the region is in shares of the frame. */
export async function colourAt(
  path: string,
  region: { x: number; y: number },
  at = 0,
  decoder: string[] = [],
): Promise<[number, number, number]> {
  const { ino, size, mtimeMs } = await stat(path);
  const key = JSON.stringify([path, ino, size, mtimeMs, at, decoder]);
  const found = frames.get(key) ?? readFrame(path, at, decoder);
  frames.set(key, found);
  const { width, height, pixels } = await found;
  const [columns, rows] = [Math.max(1, Math.floor(width / 5)), Math.max(1, Math.floor(height / 5))];
  const left = Math.min(Math.max(0, Math.floor(width * region.x - width / 10)), width - columns);
  const top = Math.min(Math.max(0, Math.floor(height * region.y - height / 10)), height - rows);
  const sums: [number, number, number] = [0, 0, 0];
  for (let y = top; y < top + rows; y++)
    for (let x = left; x < left + columns; x++)
      for (const channel of [0, 1, 2] as const) sums[channel] += pixels[(y * width + x) * 3 + channel]!;
  return sums.map((sum) => Math.round(sum / (columns * rows))) as typeof sums;
}

interface Frame {
  width: number;
  height: number;
  /** A pixel has three bytes: red, green and blue. */
  pixels: Buffer;
}

/** Decoded frames, because some tests sample several regions of one frame. */
const frames = new Map<string, Promise<Frame>>();

async function readFrame(path: string, at: number, decoder: readonly string[]): Promise<Frame> {
  const input = ['-nostdin', '-v', 'error', ...decoder, '-ss', String(at), '-i', path];
  const output = ['-frames:v', '1', '-pix_fmt', 'rgb24', '-c:v', 'ppm', '-f', 'image2pipe', '-'];
  const { stdout } = await run('ffmpeg', [...input, ...output], { ...OPTIONS, encoding: 'buffer' });
  const [header = '', width, height] = /^P6\n(\d+) (\d+)\n255\n/.exec(stdout.toString('latin1', 0, 32)) ?? [];
  if (header === '') throw new Error(`no frame at ${at} s of ${path}`);
  return { width: Number(width), height: Number(height), pixels: stdout.subarray(header.length) };
}

/** Returns the mean volume in dB over `seconds` seconds from the time `from`. */
export async function loudness(path: string, from: number, seconds: number): Promise<number> {
  const args = [
    '-nostdin',
    '-hide_banner',
    '-ss',
    String(from),
    '-t',
    String(seconds),
    '-i',
    path,
    '-vn',
    '-af',
    'volumedetect',
    '-f',
    'null',
    '-',
  ];
  const { stderr } = await run('ffmpeg', args, OPTIONS);
  return Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1] ?? Number.NaN);
}

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHead } from '../../src/attempt/media/read-head.ts';
import { type OutputFormat, QUALITIES } from '../../src/contract/formats.ts';
import type { TranscodeRequest } from '../../src/contract/transcode-request.ts';
import {
  detectMedia,
  estimateResourceClass,
  type PlanInput,
  parseProbe,
  planTranscode,
  probeArgs,
} from '../../src/ffmpeg/index.ts';
import { type RealClip, realClips } from '../lib/real-clips.ts';
import { bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { spread } from '../lib/statistics.ts';

/** FFmpeg's default settings, which `ffmpeg -i INPUT OUTPUT.mp4` uses. */
const PLAIN = ['-c:v', 'libx264', '-preset', 'medium', '-crf', '23'];
const CORES = 2;

type PresetRequest = Pick<TranscodeRequest, 'outputFormat' | 'preset' | 'options'>;

const ofEveryQuality = (name: string, outputFormat: OutputFormat): Record<string, PresetRequest> =>
  Object.fromEntries(QUALITIES.map((quality) => [`${name} ${quality}`, { outputFormat, preset: { quality } }]));
/** Returns a request with an option that names the encoder, which implies the quality `medium`. */
const named = (encoder: string): PresetRequest => ({
  outputFormat: 'mp4',
  options: [{ option: '-c:v', argument: encoder }],
});

const POINTS: Record<string, PresetRequest> = {
  ...ofEveryQuality('x264', 'mp4'),
  ...ofEveryQuality('VP9', 'webm'),
  'SVT-AV1 medium': named('libsvtav1'),
  'x265 medium': named('libx265'),
};
const DEFAULT = 'x264 medium';

interface Point {
  cpuSeconds: number;
  bytes: number;
  /** Structural similarity to the source, 0 to 1, of all planes. */
  ssim: number;
}

/** Compares presets, as the planner encodes them, with plain `ffmpeg` (x264 `medium`, CRF 23): CPU seconds, bytes and SSIM. */
export async function presets({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const { clips, missing, synthetic } = await realClips(progress);
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const raw: Record<string, unknown> = {};
  const rows: Row[] = [];
  try {
    for (const clip of clips) {
      const input = await inspect(clip.path);
      const measured: Record<string, Point> = {};
      const ratios: number[] = [];
      for (let index = 0; index <= pairs; index += 1) {
        progress(`${clip.name}: ${index === 0 ? 'warm-up' : `pair ${index} of ${pairs}`}`);
        const ours = await encode(join(folder, 'ours.mp4'), presetArgs(input, POINTS[DEFAULT]!));
        const plain = await encode(join(folder, 'plain.mp4'), plainArgs(clip));
        if (index > 0) ratios.push(ours / plain);
      }
      for (const [name, request] of Object.entries(POINTS)) {
        progress(`${clip.name}: ${name}`);
        const output = join(folder, `point.${request.outputFormat}`);
        measured[name] = await measure(clip, output, presetArgs(input, request));
      }
      const plain = await measure(clip, join(folder, 'plain.mp4'), plainArgs(clip));
      rows.push(...defaultRows(clip, ratios, measured[DEFAULT]!, plain));
      for (const [name, point] of Object.entries({ plain, ...measured })) rows.push(pointRow(clip, name, point));
      raw[clip.name] = { ratios, plain, ...measured };
    }
    const notes = [
      ...missing.map((name) => `no figures of ${name}: not installed`),
      ...synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
    ];
    return { rows, raw, notes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function inspect(path: string): Promise<PlanInput> {
  const { head, size } = await readHead(path);
  const { demuxer } = (await detectMedia(head))!;
  const { stdout } = await runWell('ffprobe', probeArgs({ path, demuxer }));
  return { path, demuxer, info: parseProbe(stdout, { sizeBytes: size, demuxer }) };
}

/** Returns the arguments of the planner. Without facts about the packets, the planner copies no stream. */
function presetArgs(input: PlanInput, preset: PresetRequest): string[] {
  const request = { ...preset, inputs: [{ url: 'gs://bench/clip' }] };
  const resourceClass = estimateResourceClass(request, [input.info]);
  return planTranscode(request, [input], { resourceClass, cores: CORES }).args;
}

function plainArgs({ path }: RealClip): string[] {
  return ['-nostdin', '-y', '-v', 'error', '-i', path, ...PLAIN, '/out/plain.mp4'];
}

async function measure(clip: RealClip, output: string, args: readonly string[]): Promise<Point> {
  const cpuSeconds = await encode(output, args);
  return { cpuSeconds, bytes: (await stat(output)).size, ssim: await similarity(output, clip.path) };
}

/** Runs FFmpeg, and returns its CPU seconds. */
async function encode(output: string, args: readonly string[]): Promise<number> {
  const own = args.map((argument) => (argument.startsWith('/out/') ? output : argument));
  return (await runWell('ffmpeg', own)).cpuSeconds;
}

/** Returns the SSIM of all planes. Compares frame by frame, regardless of the times of the frames. */
async function similarity(output: string, source: string): Promise<number> {
  const counted = 'settb=1/1000,setpts=N';
  const graph = `[0:v]${counted},format=yuv420p[a];[1:v]${counted},format=yuv420p[b];[a][b]ssim`;
  const args = ['-nostdin', '-v', 'info', '-i', output, '-i', source, '-lavfi', graph, '-an', '-f', 'null', '-'];
  const { stderr } = await runWell('ffmpeg', args);
  return Number(/All:([\d.]+)/.exec(stderr)?.[1]);
}

function defaultRows(clip: RealClip, ratios: readonly number[], ours: Point, plain: Point): Row[] {
  const row = (what: string) => ({ case: 'presets', what: `${clip.name}: preset medium / plain x264 medium, ${what}` });
  const cpu = spread(ratios);
  return [
    bounded(row('CPU'), { ...cpu, value: cpu.median }, 0.7, '', 2),
    bounded(row('bytes'), { value: ours.bytes / plain.bytes }, 1.05, '', 2),
    bounded(row('SSIM lost'), { value: plain.ssim - ours.ssim }, 0.002, '', 4),
  ];
}

function pointRow(clip: RealClip, name: string, { cpuSeconds, bytes, ssim }: Point): Row {
  const value = `${cpuSeconds.toFixed(2)} CPU s, ${Math.round(bytes / 1000)} kB, SSIM ${ssim.toFixed(4)}`;
  return { case: 'presets', what: `${clip.name}: ${name}`, value };
}

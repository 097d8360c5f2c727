import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TranscodeRequest } from '../../src/contract/transcode-request.ts';
import {
  averageRate,
  constantRate,
  cutVideo,
  type FrameList,
  joinedFault,
  keptTimes,
  planTranscode,
  splitCommand,
  withThreads,
} from '../../src/ffmpeg/index.ts';
import { joinPieces } from '../../src/sanitizer/isobmff/join-pieces.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import type { Random } from '../../testkit/random.ts';
import { run } from '../../testkit/run.ts';
import { type Campaign, count } from './campaign.ts';

/**
 * Maximum loss of quality compared with one process, in dB of PSNR and in SSIM. Key frames are at other positions, so a piece may also
 * gain: of 167 clips, two lost more than 0.1 dB, and the average gain was 0.01 dB.
 */
const MAX_LOSS = { psnr: 0.2, ssim: 0.002 };

/** Encodes random clips as a whole and in pieces. Every frame must be there once, and must look and sound the same. */
export const PIECES: Campaign = {
  cases: 200,
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'airlock-pieces-'));
    const tally: Record<string, number> = {};
    const losses: number[] = [];
    return {
      tally,
      one: async (random, index) => {
        const location = await mkdtemp(join(folder, `${index}-`));
        try {
          const { kind, faults, loss } = await tryClip(random, location);
          count(tally, kind);
          if (loss !== undefined) losses.push(loss);
          return faults;
        } finally {
          await rm(location, { recursive: true, force: true });
        }
      },
      async atEnd() {
        tally['largest loss in thousandths of a dB'] = Math.round(Math.max(...losses) * 1e3);
        tally['mean loss in millionths of a dB'] = Math.round(
          (losses.reduce((sum, loss) => sum + loss, 0) / losses.length) * 1e6,
        );
        return [];
      },
      close: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

async function ffmpeg(args: readonly string[]): Promise<string> {
  const { stderr } = await run('ffmpeg', ['-nostdin', '-y', ...args], { maxBuffer: 2 ** 26 });
  return stderr;
}

interface Source {
  seconds: number;
  args: string[];
}

function makeSource(random: Random): Source {
  const rate = random.pick(['24', '25', '30', '30000/1001', '24000/1001', '15']);
  const size = random.pick(['128x72', '96x64', '72x96']);
  // The clip is long enough for two pieces.
  const seconds = random.int(61, 66) + random.pick([0, 0.3, 0.5]);
  const pictures = random.pick([
    `testsrc2=s=${size}:r=${rate}:d=${seconds}`,
    `mandelbrot=s=${size}:r=${rate}:end_scale=0.05,trim=duration=${seconds}`,
    `life=s=${size}:r=${rate}:seed=${random.int(1, 9999)}:mold=10:ratio=0.1,trim=duration=${seconds},format=yuv420p`,
    `testsrc2=s=${size}:r=${rate}:d=${seconds},noise=alls=${random.int(5, 20)}:allf=t:all_seed=${random.int(1, 9999)}`,
  ]);
  const sound = random.pick([
    `aevalsrc=sin(2*PI*(200+40*t)*t):d=${seconds}:s=48000`,
    `sine=f=${random.int(200, 900)}:d=${seconds}:r=44100`,
    `anoisesrc=d=${seconds}:a=0.3:seed=${random.int(1, 9999)}`,
  ]);
  const keys = String(random.int(8, 28));
  const x264 = [
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', String(random.int(0, 3)), '-g', keys],
    ...['-x264-params', random.chance(0.2) ? 'open-gop=1' : 'scenecut=0'],
  ];
  const video = random.chance(0.85)
    ? [...x264, '-crf', String(random.int(12, 30))]
    : ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-crf', '24', '-b:v', '0', '-g', keys];
  const passed = ['-fps_mode', 'passthrough', '-enc_time_base'];
  // A phone rounds times, and records frames up to 8 ms early or late.
  const early = ['-vf', "settb=1/90000,setpts='PTS+gt(N,0)*floor(1440*(random(1)-0.5))'", ...passed, '1/90000'];
  const jitter = random.chance(0.15) ? [...passed, '1/600'] : random.chance(0.2) ? early : [];
  const audio = random.chance(0.8)
    ? { input: ['-f', 'lavfi', '-i', sound], output: ['-c:a', random.pick(['aac', 'libopus'])] }
    : { input: [], output: ['-an'] };
  return {
    seconds,
    args: [
      ...['-f', 'lavfi', '-i', pictures, ...audio.input, '-pix_fmt', 'yuv420p', ...video, ...jitter, ...audio.output],
    ],
  };
}

function makeRequest(random: Random): TranscodeRequest {
  const inputs = [{ url: 'https://example.com/clip.mp4' }];
  const outputFormat = random.pick(['mp4', 'mp4', 'mov'] as const);
  if (random.chance(0.4)) {
    const quality = random.pick(['low', 'medium', 'high'] as const);
    return { inputs, outputFormat, preset: { quality } };
  }
  const options = [
    { option: '-crf', argument: String(random.int(16, 32)) },
    { option: '-preset', argument: random.pick(['ultrafast', 'veryfast', 'fast']) },
    ...(random.chance(0.3)
      ? [{ option: '-vf', argument: random.pick(['hflip', 'scale=64:-2', 'crop=64:48,negate']) }]
      : []),
    ...(random.chance(0.3) ? [{ option: '-bf', argument: random.pick(['0', '2', '4']) }] : []),
  ];
  return { inputs, outputFormat, options };
}

interface Tried {
  kind: string;
  faults: string[];
  /** Loss of PSNR in dB compared with one process. */
  loss?: number;
}

async function tryClip(random: Random, folder: string): Promise<Tried> {
  const at = (name: string) => join(folder, name);
  const { args } = makeSource(random);
  const request = makeRequest(random);
  await ffmpeg(['-v', 'error', ...args, at('source.mp4')]);
  const read = { path: at('source.mp4'), demuxer: 'mov', target: at('in'), mediaBytes: null };
  const { info, frames, packets, container, reason } = await sanitizeFile({ ...read, packets: true, frames: true });
  if (container !== 'rewritten' || !info)
    return { kind: 'not read', faults: [`the source ${reason ?? 'is not described'}`] };
  if (!frames) return { kind: 'open', faults: [] };
  const plan = planTranscode(request, [{ path: '/in/0', demuxer: 'mov', info, packets }], {
    resourceClass: 'heavy',
    cores: availableParallelism(),
  });
  if (plan.outputs[0]!.streams.video?.mode === 'copied') return { kind: 'copied', faults: [] };
  const command = splitCommand(
    plan,
    (request.options ?? []).map(({ option }) => option),
  );
  if (typeof command === 'string') return { kind: 'refused', faults: [command] };
  const rate = command.keepsTimes ? averageRate(frames) : constantRate(frames);
  if (!rate || frames.startSeconds !== 0) return { kind: 'irregular', faults: [] };
  const pieces = cutVideo(frames, 2);
  if (!pieces) return { kind: 'too few key frames', faults: [] };

  /** Runs a command of the plan without a cell. */
  const make = async (argv: readonly string[], files: Record<string, string>, output: string) => {
    const local = argv.slice(0, -1).map((arg) => (arg.startsWith('/in/') ? at(files[arg.slice(4)]!) : arg));
    await ffmpeg([...local, at(output)]);
  };
  await make(plan.args, { 0: 'in' }, 'single');
  const names = pieces.map((_, index) => `piece-${index}`);
  for (const [index, piece] of pieces.entries()) {
    const location = { time: frames.times[piece.first]!, timescale: frames.timescale, rate };
    await make(withThreads(command.piece(piece, location), 1), { 0: 'in' }, names[index]!);
  }
  if (command.audio) await make(withThreads(command.audio, 1), { 0: 'in' }, 'audio');
  const times = command.keepsTimes ? keptTimes(frames, pieces) : undefined;
  const joined = joinPieces({ pieces: names.map(at), joined: at('joined'), times });
  if ('reason' in joined) return { kind: 'joined', faults: [joined.reason] };
  await make(command.join, { video: 'joined', audio: 'audio' }, 'output');

  const look = (name: string) =>
    sanitizeFile({ path: at(name), demuxer: 'mov', target: null, mediaBytes: null, packets: true, frames: true });
  const audio = command.audio ? ((await look('audio')).packets?.[0] ?? null) : null;
  const output = await look('output');
  const expected = { rate, pieces, cap: command.cap, ...(times && { times }) };
  const fault = joinedFault(output, { pieces: joined.pieces, audio }, expected);
  if (fault?.includes('bit rate')) return { kind: 'over the cap', faults: [] };
  if (fault) return { kind: 'joined', faults: [fault] };
  const single = await look('single');
  if (!haveSameTimes(output.frames!, single.frames)) return { kind: 'joined', faults: ['frames have other times'] };
  return compare(at, { hasAudio: command.audio !== null, filters: filtersOf(request) });
}

/** Whether no frame of two files differs by more than a millisecond. */
function haveSameTimes(one: FrameList, other: FrameList | null): boolean {
  if (one.times.length !== other?.times.length) return false;
  return one.times.every((time, at) => Math.abs(time / one.timescale - other.times[at]! / other.timescale) <= 0.001);
}

function filtersOf({ options }: TranscodeRequest): string {
  return String((options ?? []).find(({ option }) => option === '-vf')?.argument ?? 'null');
}

async function compare(
  at: (name: string) => string,
  { hasAudio, filters }: { hasAudio: boolean; filters: string },
): Promise<Tried> {
  const faults: string[] = [];
  const { whole: complete, pieces } = await measure(at, { hasAudio, filters });
  if (!(complete.psnr - pieces.psnr <= MAX_LOSS.psnr)) faults.push(`PSNR ${pieces.psnr} instead of ${complete.psnr}`);
  if (!(complete.ssim - pieces.ssim <= MAX_LOSS.ssim)) faults.push(`SSIM ${pieces.ssim} instead of ${complete.ssim}`);
  if (complete.sound !== pieces.sound) faults.push('the audio differs');
  const [one, two] = [await stat(at('single')), await stat(at('output'))];
  if (two.size > one.size * 1.15 + 20_000) faults.push(`${two.size} bytes instead of ${one.size}`);
  return { kind: 'joined', faults, loss: complete.psnr - pieces.psnr };
}

/** Measures PSNR and SSIM of the pictures in their order against the source with the filters of the output, and the hash of the sound. */
async function measure(at: (name: string) => string, { hasAudio, filters }: { hasAudio: boolean; filters: string }) {
  const graph = [
    `[2:v]${filters},format=yuv420p,setpts=N,split=4[r0][r1][r2][r3]`,
    ...[0, 1].flatMap((input) => [
      `[${input}:v]setpts=N,split[a${input}][b${input}]`,
      `[a${input}][r${2 * input}]psnr,nullsink`,
      `[b${input}][r${2 * input + 1}]ssim${input === 1 ? '[out]' : ',nullsink'}`,
    ]),
  ].join(';');
  const hash = (input: number) => ['-map', `${input}:a`, '-f', 'md5', at(`sound-${input}`)];
  const sounds = hasAudio ? [...hash(0), ...hash(1)] : [];
  const output = ['-map', '[out]', '-f', 'null', '-'];
  const inputs = ['-i', at('single'), '-i', at('output'), '-i', at('in')];
  const said = await ffmpeg(['-v', 'info', ...inputs, '-lavfi', graph, ...output, ...sounds]);
  const all = (pattern: RegExp) => [...said.matchAll(pattern)].map(([, value]) => Number(value));
  const [psnr, ssim] = [all(/PSNR .*average:([\d.]+|inf)/g), all(/SSIM .*All:([\d.]+)/g)];
  const of = async (input: number) => ({
    psnr: psnr[input] ?? Number.NaN,
    ssim: ssim[input] ?? Number.NaN,
    sound: hasAudio ? await readFile(at(`sound-${input}`), 'utf8') : null,
  });
  return { whole: await of(0), pieces: await of(1) };
}

import { run } from '../../run.ts';
import { COUNTER, readIndex } from '../sources/counter.ts';

const LIMITS = { timeout: 120_000, maxBuffer: 2 ** 29 };

/** A decoded frame: the number drawn on it, and the second at which it is shown. */
export interface CountedFrame {
  index: number;
  time: number;
}

/** Returns the times in seconds of the decoded frames of the first video. */
export async function frameTimes(path: string): Promise<number[]> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=best_effort_timestamp_time'];
  const { stdout } = await run('ffprobe', [...args, '-of', 'csv=p=0', path], LIMITS);
  return stdout
    .split('\n')
    .map((line) => Number.parseFloat(line))
    .filter((time) => !Number.isNaN(time));
}

export async function countPackets(path: string): Promise<number> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-count_packets', '-show_entries', 'stream=nb_read_packets'];
  const { stdout } = await run('ffprobe', [...args, '-of', 'csv=p=0', path], LIMITS);
  return Number.parseInt(stdout, 10);
}

/** Reads the number on every frame. */
export async function readCounter(path: string): Promise<CountedFrame[]> {
  const { width, height } = COUNTER;
  const size = ['-vf', `scale=${width}:${height}:flags=area`, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
  const args = ['-nostdin', '-v', 'error', '-i', path, '-map', '0:v:0', '-fps_mode', 'passthrough', ...size];
  const [{ stdout }, times] = await Promise.all([
    run('ffmpeg', args, { ...LIMITS, encoding: 'buffer' }),
    frameTimes(path),
  ]);
  const frames = Math.floor(stdout.length / (width * height));
  return Array.from({ length: Math.min(frames, times.length) }, (_, at) => ({
    index: readIndex(stdout.subarray(at * width * height, (at + 1) * width * height)),
    time: times[at]!,
  }));
}

export interface Motion {
  sourceFrames: number;
  outputFrames: number;
  /** Frames of the source that the output does not show. */
  lost: number;
  /** Frames that the output lacks although the source shows them for longer than a frame of the output. */
  lostLong: number;
  /** Largest difference in milliseconds between the times at which a frame is shown, from the first frame. */
  shiftMs: number;
}

/** Compares when the source and the output show each frame. */
export function compareMotion(source: readonly CountedFrame[], output: readonly CountedFrame[]): Motion {
  const shown = new Map<number, number>();
  for (const { index, time } of output) if (!shown.has(index)) shown.set(index, time - output[0]!.time);
  const frameSeconds = (output.at(-1)!.time - output[0]!.time) / Math.max(1, output.length - 1);
  const lostLong = source.filter(({ index, time }, at) => {
    const next = source[at + 1];
    return !shown.has(index) && next !== undefined && next.time - time > frameSeconds + 0.001;
  });
  const kept = source.filter(({ index }) => shown.has(index));
  const shifts = kept.map(({ index, time }) => Math.abs(shown.get(index)! - (time - source[0]!.time)));
  return {
    sourceFrames: source.length,
    outputFrames: output.length,
    lost: source.length - kept.length,
    lostLong: lostLong.length,
    shiftMs: Math.max(0, ...shifts) * 1000,
  };
}

/** Returns the seconds between key frames: the largest distance, with the distance to the end of the video. */
export async function keyFrameDistance(path: string): Promise<number> {
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time,duration_time,flags'];
  const { stdout } = await run('ffprobe', [...args, '-of', 'csv=p=0', path], LIMITS);
  const packets = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(','))
    .map(([time, duration, flags]) => ({ time: Number(time), duration: Number(duration) || 0, flags }))
    .sort((a, b) => a.time - b.time);
  const last = packets.at(-1)!;
  const keys = packets.filter(({ flags }) => flags?.startsWith('K')).map(({ time }) => time);
  const edges = [...keys, last.time + last.duration];
  return Math.max(...edges.slice(1).map((time, index) => time - edges[index]!));
}

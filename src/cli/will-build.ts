import type { Config } from '../config/config.ts';
import { operatorsBuild } from '../sandbox/programs/ffmpeg.ts';
import { readTrimmed } from '../sandbox/trimmed/store.ts';

/** Whether the worker of `up` will build FFmpeg if this machine can. This requires that no build exists, and that none was rejected. */
export function willBuild({ dataDir, ffmpeg, ffmpegBuild }: Config): boolean {
  if (ffmpegBuild === 'off' || ffmpeg !== null || operatorsBuild() !== null) return false;
  const { active, ready, rejected } = readTrimmed(dataDir);
  return !active && !ready && !rejected;
}

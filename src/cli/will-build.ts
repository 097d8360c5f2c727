import type { Config } from '../config/config.ts';
import { operatorsBuild } from '../sandbox/programs/ffmpeg.ts';
import { readTrimmed } from '../sandbox/trimmed/store.ts';

/**
 * Whether the worker of `up` will build FFmpeg if this machine can. False if the operator has chosen an FFmpeg or turned the build off, or
 * if a build exists or was rejected.
 */
export function willBuild({ dataDir, ffmpeg, ffmpegBuild }: Config): boolean {
  if (ffmpegBuild === 'off' || ffmpeg !== null || operatorsBuild() !== null) return false;
  const { active, ready, rejected } = readTrimmed(dataDir);
  return !active && !ready && !rejected;
}

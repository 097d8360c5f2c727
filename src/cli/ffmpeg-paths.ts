import type { Config } from '../config/config.ts';
import { operatorsBuild } from '../sandbox/programs/ffmpeg.ts';
import { TrimmedManager } from '../sandbox/trimmed/manager.ts';
import { readTrimmed } from '../sandbox/trimmed/store.ts';
import type { Logger } from '../telemetry/index.ts';
import { entryPoint } from './entry-point.ts';

/** Opens the trimmed FFmpeg of the data directory. Only the worker of `up` builds it in the background. */
export function openTrimmedFfmpeg(config: Config, logger?: Logger, builds = false): Promise<TrimmedManager> {
  return TrimmedManager.open({
    dataDir: config.dataDir,
    isOn: config.ffmpegBuild === 'auto' && config.ffmpeg === null,
    builder: builds ? entryPoint() : null,
    ...(logger && { logger }),
  });
}

/** Whether the worker of `up` will build FFmpeg if this machine can: no build exists, and none was rejected. */
export function willBuild({ dataDir, ffmpeg, ffmpegBuild }: Config): boolean {
  if (ffmpegBuild === 'off' || ffmpeg !== null || operatorsBuild() !== null) return false;
  const { active, ready, rejected } = readTrimmed(dataDir);
  return !active && !ready && !rejected;
}

/** Paths of programs for `SandboxOptions`: the operator's FFmpeg, or the trimmed build, which can change at any time. */
export function ffmpegPaths(
  config: Pick<Config, 'ffmpeg'>,
  trimmed: Pick<TrimmedManager, 'path'>,
): Readonly<Record<string, string | undefined>> {
  return {
    get ffmpeg() {
      return config.ffmpeg ?? trimmed.path() ?? undefined;
    },
  };
}

import type { Config } from '../config/config.ts';
import { TrimmedManager } from '../sandbox/trimmed/manager.ts';
import { usedTrimmed } from '../sandbox/trimmed/used.ts';
import { withLock } from '../supervisor/file-lock.ts';
import type { Logger } from '../telemetry/index.ts';
import { entryPoint } from './entry-point.ts';

/** Opens the trimmed FFmpeg of the data directory, for a worker. Only the worker of `up` builds it in the background. */
export function openTrimmedFfmpeg(config: Config, logger?: Logger, builds = false): Promise<TrimmedManager> {
  return TrimmedManager.open({
    dataDir: config.dataDir,
    withLock,
    isOn: isOn(config),
    builder: builds ? entryPoint() : null,
    ...(logger && { logger }),
  });
}

/** Finds the trimmed FFmpeg that workers of the data directory use, without building or changing it. */
export async function findTrimmedFfmpeg(config: Config): Promise<Pick<TrimmedManager, 'path'>> {
  const path = await usedTrimmed({ dataDir: config.dataDir, isOn: isOn(config) });
  return { path: () => path };
}

const isOn = ({ ffmpeg, ffmpegBuild }: Config): boolean => ffmpegBuild === 'auto' && ffmpeg === null;

/** Returns the paths of programs for `SandboxOptions`: the operator's FFmpeg, or the trimmed build, which can change at any time. */
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

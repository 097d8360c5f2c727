import type { Config } from '../config/config.ts';
import { operatorsBuild } from '../sandbox/programs/ffmpeg.ts';
import { Trimmed } from '../sandbox/trimmed/manager.ts';
import { readTrimmed } from '../sandbox/trimmed/store.ts';
import type { Logger } from '../telemetry/index.ts';
import { entryPoint } from './entry-point.ts';

/** Airlock's own FFmpeg of the data directory. Only the worker of `up` builds it. */
export function openTrimmedFfmpeg(config: Config, logger?: Logger, builds = false): Promise<Trimmed> {
  return Trimmed.open({
    dataDir: config.dataDir,
    isOn: config.ffmpegBuild === 'auto' && config.ffmpeg === null,
    builder: builds ? entryPoint() : null,
    ...(logger && { logger }),
  });
}

/** Whether the worker of `up` will build FFmpeg if this machine can: there is no build yet, and nothing settles that there is none. */
export function willBuild({ dataDir, ffmpeg, ffmpegBuild }: Config): boolean {
  if (ffmpegBuild === 'off' || ffmpeg !== null || operatorsBuild() !== null) return false;
  const { active, ready, rejected } = readTrimmed(dataDir);
  return !active && !ready && !rejected;
}

/** Paths of programs, as `SandboxOptions` takes them: the operator's, or Airlock's own build, which can change at any time. */
export function ffmpegPaths(
  config: Pick<Config, 'ffmpeg'>,
  trimmed: Pick<Trimmed, 'path'>,
): Readonly<Record<string, string | undefined>> {
  return {
    get ffmpeg() {
      return config.ffmpeg ?? trimmed.path() ?? undefined;
    },
  };
}

import { installedFfmpeg } from '../trimmed/installed.ts';
import { sourceOf } from '../trimmed/recipe.ts';
import { reportTrimmed, type TrimmedReport } from '../trimmed/report.ts';
import type { ProgramBuild } from '../types.ts';
import { type AdvisoryReport, ffmpegAdvisories } from './advisories.ts';
import { type FfmpegUpdate, ffmpegUpdate } from './update.ts';

/** The facts that an operator needs to know about the FFmpeg build that cells run. */
export interface FfmpegReport extends Omit<ProgramBuild, 'readsArguments'> {
  update: FfmpegUpdate;
  advisories: AdvisoryReport;
  trimmed: TrimmedReport;
}

/**
 * Reports which build cells run, since when, whether a newer build is available, the build's known vulnerabilities, and the state of the
 * trimmed build.
 */
export async function reportFfmpeg(
  build: ProgramBuild,
  dataDir: string,
  settings: { ffmpeg: string | null; ffmpegBuild: 'auto' | 'off' },
): Promise<FfmpegReport> {
  const { version, path, since } = build;
  const source = build.package ?? sourceOf(version);
  return {
    version,
    package: build.package,
    path,
    since,
    update: await ffmpegUpdate(source, dataDir),
    advisories: ffmpegAdvisories(version, source),
    trimmed: reportTrimmed(dataDir, path, {
      isOn: settings.ffmpegBuild === 'auto',
      isConfigured: settings.ffmpeg !== null,
      installed: await installedFfmpeg(),
    }),
  };
}

import type { ProgramBuild } from '../types.ts';
import { type AdvisoryReport, ffmpegAdvisories } from './advisories.ts';
import { type FfmpegUpdate, ffmpegUpdate } from './update.ts';

/** What an operator needs to know about the FFmpeg build that cells run. */
export interface FfmpegReport extends Omit<ProgramBuild, 'readsArguments'> {
  update: FfmpegUpdate;
  advisories: AdvisoryReport;
}

/** Reports which build cells run, since when, whether a newer one is available, and its known vulnerabilities. */
export async function reportFfmpeg(build: ProgramBuild, dataDir: string): Promise<FfmpegReport> {
  const { version, path, since } = build;
  const source = build.package ?? debianSource(version);
  return {
    version,
    package: build.package,
    path,
    since,
    update: await ffmpegUpdate(source, dataDir),
    advisories: ffmpegAdvisories(version, source),
  };
}

/** Version of the source package that `deploy/ffmpeg/build.sh` built; the script stores it in the program's version. */
function debianSource(version: string): string | null {
  const match = /^ffmpeg version (\d+\.\d+(?:\.\d+)?-\S+)-airlock /.exec(version);
  return match ? `7:${match[1]}` : null;
}

import type { FfmpegBuild } from '../types.ts';
import { type AdvisoryReport, ffmpegAdvisories } from './advisories.ts';
import { type FfmpegUpdate, ffmpegUpdate } from './update.ts';

/** What an operator wants to know of the FFmpeg that cells run. */
export interface FfmpegReport extends Omit<FfmpegBuild, 'readsArguments'> {
  update: FfmpegUpdate;
  advisories: AdvisoryReport;
}

/** Which build runs and since when, whether a newer one is to be had, and which vulnerabilities it is known to have. */
export async function reportFfmpeg(build: FfmpegBuild): Promise<FfmpegReport> {
  const { version, path, since } = build;
  const source = build.package ?? debianSource(version);
  return {
    version,
    package: build.package,
    path,
    since,
    update: await ffmpegUpdate(source),
    advisories: ffmpegAdvisories(version, source),
  };
}

/** Package version that `deploy/ffmpeg/build.sh` was given as its source; it writes it into the program's own version. */
function debianSource(version: string): string | null {
  const match = /^ffmpeg version (\d+\.\d+(?:\.\d+)?-\S+)-airlock /.exec(version);
  return match ? `7:${match[1]}` : null;
}

import { compareDebianVersions } from './debian-version.ts';

/** Day on which the table below was last compared with its sources. */
export const ADVISORIES_DATE = '2026-11-24';

export interface FfmpegAdvisory {
  cve: string;
  /** Part of FFmpeg, and what goes wrong there. */
  what: string;
  /** First release that holds the fix, for each release line of FFmpeg; a line that is not named is not known. */
  fixed: Readonly<Record<string, string>>;
  /** Version of the source package in Debian 13 that holds it; null while there is none. */
  debian13: string | null;
  /** Where the versions were read. */
  source: string;
}

const DEBIAN = 'changelog of the Debian package';
const UPSTREAM = 'FFmpeg’s changelog of that release';

/**
 * FFmpeg's known vulnerabilities from 2025 on for which we could read in which version of the 7.1 line the fix is. It
 * is not complete and cannot be: most fixes never get a number. What counts is to run the newest package; the table
 * shows how urgent that is. Everything before 7.1 is in 7.1.
 */
export const FFMPEG_ADVISORIES: readonly FfmpegAdvisory[] = [
  {
    cve: 'CVE-2026-30997',
    what: 'AV1 decoder: a reference to a frame that does not exist is not checked',
    fixed: {},
    debian13: null,
    source: `SUSE-SU advisories of June 2026; not in ${UPSTREAM} up to 7.1.5`,
  },
  {
    cve: 'CVE-2026-8461',
    what: 'MagicYUV decoder: writes a row behind the frame',
    fixed: { '7.1': '7.1.5', '8.1': '8.1.2' },
    debian13: '7:7.1.5-0+deb13u1',
    source: DEBIAN,
  },
  {
    cve: 'CVE-2026-40962',
    what: 'MP4 demuxer: sizes of encrypted samples overflow',
    fixed: { '7.1': '7.1.4', '8.1': '8.1' },
    debian13: '7:7.1.4-0+deb13u1',
    source: UPSTREAM,
  },
  {
    cve: 'CVE-2025-12343',
    what: 'DNN filters with TensorFlow: memory is freed twice',
    fixed: { '7.1': '7.1.2' },
    debian13: '7:7.1.2-0+deb13u1',
    source: UPSTREAM,
  },
  {
    cve: 'CVE-2025-9951',
    what: 'JPEG 2000 decoder: writes behind the chroma planes',
    fixed: { '7.1': '7.1.2', '8.0': '8.0' },
    debian13: '7:7.1.2-0+deb13u1',
    source: UPSTREAM,
  },
  {
    cve: 'CVE-2025-7700',
    what: 'ALS decoder: a failed allocation is not noticed',
    fixed: { '7.1': '7.1.2' },
    debian13: '7:7.1.2-0+deb13u1',
    source: UPSTREAM,
  },
  {
    cve: 'CVE-2025-1594',
    what: 'AAC encoder: writes behind a buffer on the stack',
    fixed: { '7.1': '7.1.2' },
    debian13: '7:7.1.2-0+deb13u1',
    source: DEBIAN,
  },
  {
    cve: 'CVE-2025-0518',
    what: 'pan filter: reads behind its buffer',
    fixed: { '7.1': '7.1.1' },
    debian13: '7:7.1.1-1',
    source: DEBIAN,
  },
];

export interface AdvisoryReport {
  /** Day of the table. */
  table: string;
  /** Known to be in this build. */
  open: FfmpegAdvisory[];
  /** Known to be fixed in this build. */
  fixed: FfmpegAdvisory[];
  /** The table has no word on this build. */
  unknown: FfmpegAdvisory[];
}

/**
 * What the table says of a build.
 * @param version first line of `ffmpeg -version`, or the version alone.
 * @param packageVersion version of the distribution's package, where it is one; a Debian 13 package is judged by it.
 */
export function ffmpegAdvisories(version: string, packageVersion: string | null): AdvisoryReport {
  const report: AdvisoryReport = { table: ADVISORIES_DATE, open: [], fixed: [], unknown: [] };
  const debian = packageVersion && /\+deb13u\d+$|^7:7\.1[.-]/.test(packageVersion) ? packageVersion : null;
  const release = releaseOf(version);
  for (const advisory of FFMPEG_ADVISORIES) report[stateOf(advisory, release, debian)].push(advisory);
  return report;
}

function stateOf(advisory: FfmpegAdvisory, release: string | null, debian: string | null) {
  if (debian !== null) {
    return advisory.debian13 !== null && compareDebianVersions(debian, advisory.debian13) >= 0 ? 'fixed' : 'open';
  }
  if (release === null) return 'unknown';
  const line = /^\d+\.\d+/.exec(release)![0];
  const fixed = advisory.fixed[line];
  if (fixed) return compareDebianVersions(release, fixed) >= 0 ? 'fixed' : 'open';
  // Our own line, and no release of it has the fix.
  return line === '7.1' ? 'open' : 'unknown';
}

/** `7.1.5` of `ffmpeg version 7.1.5-0+deb13u1 Copyright …` or `n7.1.5`; null for a snapshot. */
function releaseOf(version: string): string | null {
  return /^(?:ffmpeg version )?n?(\d+\.\d+(?:\.\d+)?)(?![\w.])/.exec(version)?.[1] ?? null;
}

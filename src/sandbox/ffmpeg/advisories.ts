import { compareDebianVersions } from './debian-version.ts';

/** Date on which the table below was last checked against its sources. */
export const ADVISORIES_DATE = '2026-11-24';

export interface FfmpegAdvisory {
  cve: string;
  /** Affected component of FFmpeg, and the defect. */
  what: string;
  /** First release with the fix, by release line of FFmpeg. For lines that are not listed, the release is unknown. */
  fixed: Readonly<Record<string, string>>;
  /** First version of the Debian 13 source package with the fix. Null while there is no such version. */
  debian13: string | null;
  /** Source of the version numbers. */
  source: string;
}

const DEBIAN = 'changelog of the Debian package';
const UPSTREAM = 'FFmpeg’s changelog of that release';

/**
 * FFmpeg vulnerabilities known since 2025 whose state in the 7.1 line is documented. The table cannot be complete, because most fixes never
 * get a CVE number. It shows how urgent an update to the newest package is. 7.1 contains every earlier fix.
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
    what: 'MagicYUV decoder: writes a row past the end of the frame',
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
    what: 'DNN filters with TensorFlow: double free',
    fixed: { '7.1': '7.1.2' },
    debian13: '7:7.1.2-0+deb13u1',
    source: UPSTREAM,
  },
  {
    cve: 'CVE-2025-9951',
    what: 'JPEG 2000 decoder: writes past the end of the chroma planes',
    fixed: { '7.1': '7.1.2', '8.0': '8.0' },
    debian13: '7:7.1.2-0+deb13u1',
    source: UPSTREAM,
  },
  {
    cve: 'CVE-2025-7700',
    what: 'ALS decoder: a failed allocation is not checked',
    fixed: { '7.1': '7.1.2' },
    debian13: '7:7.1.2-0+deb13u1',
    source: UPSTREAM,
  },
  {
    cve: 'CVE-2025-1594',
    what: 'AAC encoder: writes past the end of a stack buffer',
    fixed: { '7.1': '7.1.2' },
    debian13: '7:7.1.2-0+deb13u1',
    source: DEBIAN,
  },
  {
    cve: 'CVE-2025-0518',
    what: 'pan filter: reads past the end of its buffer',
    fixed: { '7.1': '7.1.1' },
    debian13: '7:7.1.1-1',
    source: DEBIAN,
  },
];

export interface AdvisoryReport {
  /** Date of the table. */
  table: string;
  /** Vulnerabilities that this build is known to have. */
  open: FfmpegAdvisory[];
  /** Vulnerabilities that this build is known to have fixed. */
  fixed: FfmpegAdvisory[];
  /** Vulnerabilities for which the table does not cover this build. */
  unknown: FfmpegAdvisory[];
}

/**
 * Looks up a build in the table.
 * @param version first line of `ffmpeg -version`, or only the version
 * @param packageVersion version of the distribution package, or null; takes precedence for a Debian 13 package
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
  // No release of line 7.1, the line of Debian 13, has the fix.
  return line === '7.1' ? 'open' : 'unknown';
}

/** Returns the release number, such as `7.1.5` for `ffmpeg version 7.1.5-0+deb13u1 …` or `n7.1.5`, or null for a snapshot. */
function releaseOf(version: string): string | null {
  return /^(?:ffmpeg version )?n?(\d+\.\d+(?:\.\d+)?)(?![\w.])/.exec(version)?.[1] ?? null;
}

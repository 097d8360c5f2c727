import { type AllowedInputs, DEFAULT_INPUTS, summarizeReach } from '../../ffmpeg/vulnerabilities/reach.ts';
import type { FfmpegReport } from '../../sandbox/index.ts';
import type { Check } from './doctor-check.ts';

/** Maximum age of current package lists, in milliseconds. Older lists may lack the newest updates. */
const STALE_LISTS_MS = 7 * 24 * 3600_000;

/** Checks the FFmpeg that cells run: its build, newer packages and known vulnerabilities. */
export function ffmpegChecks(report: FfmpegReport, now = new Date()): Check[] {
  const { version, update, advisories } = report;
  const build = report.package ?? version.replace(/^ffmpeg version (\S+).*$/, '$1');
  return [
    {
      name: 'FFmpeg',
      state: 'ok',
      seen: `${build} at ${report.path}, in use since ${minute(report.since)}`,
      remedy: null,
    },
    updateCheck(update, now),
    {
      name: 'FFmpeg, known vulnerabilities',
      ...(advisories.unknown.length > 0 && advisories.open.length === 0
        ? { state: 'warning' as const, seen: `the table of ${advisories.table} does not list this build` }
        : openOf(advisories)),
      remedy: remedyOf(report),
    },
    trimmedCheck(report.trimmed),
    reachCheck(DEFAULT_INPUTS),
  ];
}

/** States how many of FFmpeg's vulnerabilities the lists in force reach. Most are fixed, so the figure is no problem to solve. */
function reachCheck(inputs: AllowedInputs): Check {
  const { readers, memoryChanging } = summarizeReach(inputs);
  const memory = `${memoryChanging.reachable} of the ${memoryChanging.known} that can change memory`;
  return {
    name: 'FFmpeg, vulnerabilities since 2015',
    state: 'ok',
    seen: `${readers.known} in decoders and demuxers, ${readers.reachable} reachable with the lists in force (${memory})`,
    remedy: null,
  };
}

/** Checks the trimmed build. A missing build is not a problem, because the distribution's FFmpeg is also safe. */
function trimmedCheck({ state, source, attacks, runs, reason, detail }: FfmpegReport['trimmed']): Check {
  const name = 'FFmpeg, trimmed build';
  if (state !== 'not_used') {
    const use = state === 'in_use' ? 'in use' : 'ready, Airlock switches to it when no job runs';
    const passed = `${attacks} attacks blocked, ${runs} commands with the same results as the distribution's FFmpeg`;
    return { name, state: 'ok', seen: `${use}: built from ${source}, ${passed}`, remedy: null };
  }
  const unused = {
    off: 'off (AIRLOCK_FFMPEG_BUILD)',
    operator_build: 'not needed: cells use the FFmpeg that you chose',
    not_built: 'not built yet. ./airlock up builds it when the machine is idle',
    failed: `not built: ${detail}`,
    rejected: `rejected: ${detail}`,
  };
  const isFault = reason === 'failed' || reason === 'rejected';
  return {
    name,
    state: isFault ? 'warning' : 'ok',
    seen: unused[reason ?? 'not_built'],
    remedy: isFault ? 'You do not need to do anything: cells use the FFmpeg of the distribution' : null,
  };
}

function updateCheck(update: FfmpegReport['update'], now: Date): Check {
  const name = 'FFmpeg, newer package';
  const age = update.listsFrom ? `package lists of ${minute(update.listsFrom)}` : 'package lists of unknown age';
  if (update.state === 'newer') {
    const kind = update.security ? 'a security update' : 'an update';
    return {
      name,
      state: update.security ? 'unsafe' : 'warning',
      seen: `${update.candidate} is ${kind} (${age})`,
      remedy: 'apt-get install --only-upgrade ffmpeg; running jobs end with the old build, new jobs use the new one',
    };
  }
  if (update.state === 'unknown') {
    return {
      name,
      state: 'warning',
      seen: `unknown: ${update.reason}`,
      remedy: 'Follow the security announcements of your FFmpeg',
    };
  }
  const isStale = !update.listsFrom || now.getTime() - update.listsFrom.getTime() > STALE_LISTS_MS;
  return {
    name,
    state: isStale ? 'warning' : 'ok',
    seen: `none (${age})`,
    remedy: isStale ? 'Run apt-get update daily (the package unattended-upgrades does)' : null,
  };
}

function openOf({ open, fixed, table }: FfmpegReport['advisories']): Pick<Check, 'state' | 'seen'> {
  const fixable = open.filter((advisory) => advisory.debian13 !== null);
  const list = open.map(({ cve, debian13 }) => (debian13 ? cve : `${cve} (no fix yet)`)).join(', ');
  return {
    state: fixable.length > 0 ? 'unsafe' : open.length > 0 ? 'warning' : 'ok',
    seen: `${open.length === 0 ? 'none' : list}; ${fixed.length} fixed (table of ${table})`,
  };
}

function remedyOf({ advisories }: FfmpegReport): string | null {
  const { open, unknown } = advisories;
  if (open.some((advisory) => advisory.debian13 !== null)) return 'Install the newest FFmpeg of your distribution';
  if (open.length > 0) return 'The cell contains it; watch for an update';
  return unknown.length > 0 ? 'See https://ffmpeg.org/security.html' : null;
}

function minute(date: Date): string {
  return date.toISOString().slice(0, 16).replace('T', ' ');
}

import { compareDebianVersions } from '../ffmpeg/debian-version.ts';
import type { TrimmedState } from './store.ts';

/* When Airlock builds FFmpeg, uses the build, and returns to the distribution's. Pure: times and versions come as facts. */

/** A service that has just started usually has something better to do, and a short one never builds. */
const UPTIME_MS = 10 * 60_000;
/** A build begins after this time without a cell. */
const QUIET_MS = 60_000;
const RETRY_MS = 24 * 3600_000;

export interface TrimmedFacts {
  state: TrimmedState;
  /** Identifier of this release's recipe. */
  recipe: string;
  /** Version of the installed package; null where the distribution's FFmpeg is no package. */
  installed: string | null;
  /** Newest version in the package lists of this machine. */
  candidate: string | null;
  /** Milliseconds since the service started. */
  uptimeMs: number;
  /** Milliseconds since a cell ran; 0 while one runs. */
  quietMs: number;
  onBattery: boolean;
  isBuilding: boolean;
  /** Why this machine cannot build; null if it can. */
  impossible: string | null;
  now: Date;
}

export type TrimmedAction =
  | { do: 'nothing' }
  | { do: 'build' }
  /** Use the build that is ready. */
  | { do: 'switch' }
  /** Use the distribution's FFmpeg. */
  | { do: 'return'; reason: string };

const NOTHING: TrimmedAction = { do: 'nothing' };

export function decideTrimmed(facts: TrimmedFacts): TrimmedAction {
  const { state, installed, quietMs } = facts;
  const { active, ready } = state;
  // The update of a package is mostly a security fix, so the build that lacks it is not used meanwhile.
  if (active && isOutdated(active.source, installed)) {
    return { do: 'return', reason: `the package ${installed} is newer than its source ${active.source}` };
  }
  if (ready && quietMs > 0 && !isOutdated(ready.source, installed)) return { do: 'switch' };
  return shouldBuild(facts) ? { do: 'build' } : NOTHING;
}

function shouldBuild(facts: TrimmedFacts): boolean {
  const { state, recipe, installed, candidate, uptimeMs, quietMs, onBattery, isBuilding, impossible } = facts;
  if (isBuilding || impossible !== null || onBattery || uptimeMs < UPTIME_MS || quietMs < QUIET_MS) return false;
  // What is not a package has no source package whose updates could be followed.
  const wanted = newest(installed, candidate);
  if (installed === null || wanted === null) return false;
  const isCurrent = (build: { source: string; recipe: string } | null) =>
    build !== null && build.recipe === recipe && !isOutdated(build.source, wanted);
  return !isCurrent(state.active) && !isCurrent(state.ready) && !isSettled(facts, wanted);
}

/** Whether the same build has failed: for a day, or until source or recipe change. */
function isSettled({ state: { rejected }, recipe, now }: TrimmedFacts, wanted: string): boolean {
  if (!rejected || rejected.recipe !== recipe) return false;
  if (rejected.isTemporary) return now.getTime() - Date.parse(rejected.at) < RETRY_MS;
  return rejected.source !== null && !isOutdated(rejected.source, wanted);
}

/**
 * Whether a source is older than a package. A rebuild of the same source has a package version of its own, such as `7:7.1.5-1+b2`
 * (deb-version(7), binary-only uploads).
 */
export function isOutdated(source: string, packageVersion: string | null): boolean {
  return packageVersion !== null && compareDebianVersions(source, packageVersion.replace(/\+b\d+$/, '')) < 0;
}

function newest(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return compareDebianVersions(one, other) < 0 ? other : one;
}

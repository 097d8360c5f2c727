import { compareDebianVersions } from '../ffmpeg/debian-version.ts';
import type { TrimmedState } from './store.ts';

/*
 * Decides when Airlock builds FFmpeg, uses the build, and returns to the distribution's FFmpeg. The functions are pure: times and versions
 * are arguments.
 */

/**
 * Uptime in milliseconds after which a build can begin. A service that has just started usually has other work, and a short test must not
 * build.
 */
const UPTIME_MS = 10 * 60_000;
/** Milliseconds without a cell after which a build can begin. */
const QUIET_MS = 60_000;
const RETRY_MS = 24 * 3600_000;

export interface TrimmedFacts {
  state: TrimmedState;
  /** Identifier of this release's recipe. */
  recipe: string;
  /** Version of the installed package. Null if FFmpeg does not come from a package. */
  installed: string | null;
  /** Newest version in the package lists of this machine. */
  candidate: string | null;
  /** Milliseconds since the service started. */
  uptimeMs: number;
  /** Milliseconds since a cell ran. 0 while a cell runs. */
  quietMs: number;
  onBattery: boolean;
  isBuilding: boolean;
  /** Reason why this machine cannot build. Null if it can. */
  impossible: string | null;
  now: Date;
}

export type TrimmedAction =
  | { do: 'nothing' }
  | { do: 'build' }
  /** Switch to the build that is ready. */
  | { do: 'switch' }
  /** Return to the distribution's FFmpeg. */
  | { do: 'return' };

const NOTHING: TrimmedAction = { do: 'nothing' };

export function decideTrimmed(facts: TrimmedFacts): TrimmedAction {
  const { state, installed, quietMs } = facts;
  const { active, ready } = state;
  // An update of the package is usually a security fix, so cells do not use a build without the update.
  if (active && isOutdated(active.source, installed)) return { do: 'return' };
  if (ready && quietMs > 0 && !isOutdated(ready.source, installed)) return { do: 'switch' };
  return shouldBuild(facts) ? { do: 'build' } : NOTHING;
}

function shouldBuild(facts: TrimmedFacts): boolean {
  const { state, recipe, installed, candidate, uptimeMs, quietMs, onBattery, isBuilding, impossible } = facts;
  if (isBuilding || impossible !== null || onBattery || uptimeMs < UPTIME_MS || quietMs < QUIET_MS) return false;
  // Without a package, FFmpeg has no source package whose updates Airlock could follow.
  const wanted = newest(installed, candidate);
  if (installed === null || wanted === null) return false;
  const isCurrent = (build: { source: string; recipe: string } | null) =>
    build !== null && build.recipe === recipe && !isOutdated(build.source, wanted);
  return !isCurrent(state.active) && !isCurrent(state.ready) && !isSettled(facts, wanted);
}

/** Whether a failure rules out this build, either for a day, or until the source or the recipe changes. */
function isSettled({ state: { rejected }, recipe, now }: TrimmedFacts, wanted: string): boolean {
  if (!rejected || rejected.recipe !== recipe) return false;
  if (rejected.isTemporary) return now.getTime() - Date.parse(rejected.at) < RETRY_MS;
  return rejected.source !== null && !isOutdated(rejected.source, wanted);
}

/**
 * Whether a source is older than a package. A rebuild of the same source has another package version, such as `7:7.1.5-1+b2`
 * (deb-version(7), binary-only uploads).
 */
export function isOutdated(source: string, packageVersion: string | null): boolean {
  return packageVersion !== null && compareDebianVersions(source, packageVersion.replace(/\+b\d+$/, '')) < 0;
}

function newest(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return compareDebianVersions(one, other) < 0 ? other : one;
}

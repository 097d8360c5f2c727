import { operatorsBuild } from '../programs/ffmpeg.ts';
import { isOutdated } from './decide.ts';
import { readTrimmed, type TrimmedState, trimmedFolder } from './store.ts';

/** The report about the trimmed build. */
export interface TrimmedReport {
  state: 'in_use' | 'ready' | 'not_used';
  /** Version of the source package of the build. */
  source: string | null;
  checkedAt: string | null;
  /** Number of attacks that the cell blocked with the build. */
  attacks: number | null;
  /** Number of runs with equal results of the build and the distribution's build. */
  runs: number | null;
  /** Reason why cells do not use the build. */
  reason: 'off' | 'operator_build' | 'not_built' | 'failed' | 'rejected' | null;
  /** The reason in words. For the operator only, because it may contain messages of compilers and archives. */
  detail: string | null;
}

/**
 * Reports on the trimmed build.
 * @param usedPath path of the FFmpeg that new cells use
 */
export function reportTrimmed(
  dataDir: string,
  usedPath: string,
  { isOn, isConfigured, installed }: { isOn: boolean; isConfigured: boolean; installed: string | null },
): TrimmedReport {
  const isOwn = usedPath.startsWith(`${trimmedFolder(dataDir)}/`);
  const isOperators = isConfigured || operatorsBuild() !== null;
  return describeTrimmed(readTrimmed(dataDir), { isOn, isOwn, isOperators, installed });
}

interface TrimmedUse {
  isOn: boolean;
  /** Whether new cells use a trimmed build. */
  isOwn: boolean;
  /** Whether the operator chose an FFmpeg. */
  isOperators: boolean;
  /** Version of the installed package. A worker stops using a build that is older than this version. */
  installed: string | null;
}

/** Returns the report for a state. Pure. */
export function describeTrimmed(
  { active, ready, rejected }: TrimmedState,
  { isOn, isOwn, isOperators, installed }: TrimmedUse,
): TrimmedReport {
  const nothing = { source: null, checkedAt: null, attacks: null, runs: null, reason: null, detail: null };
  if (isOperators) return { ...nothing, state: 'not_used', reason: 'operator_build' };
  if (!isOn) return { ...nothing, state: 'not_used', reason: 'off' };
  const build = [active, ready].find((one) => one && !isOutdated(one.source, installed));
  if (build) {
    const { source, checkedAt, attacks, runs } = build;
    return { ...nothing, state: build === active && isOwn ? 'in_use' : 'ready', source, checkedAt, attacks, runs };
  }
  if (!rejected) return { ...nothing, state: 'not_used', reason: 'not_built' };
  const { source, reason, isTemporary } = rejected;
  return { ...nothing, state: 'not_used', source, reason: isTemporary ? 'failed' : 'rejected', detail: reason };
}

import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isOnlyOurs } from '../../config/prepared-files.ts';
import { removeTree } from '../cell/remove-tree.ts';

/*
 * The trimmed builds of a data directory, in its folder `ffmpeg`: the build that cells use, the build that is ready, and the last
 * rejection.
 */

/** A build that passed every check. */
export interface CheckedBuild {
  /** Name of a folder in the folder of builds. It contains `bin/ffmpeg` and `bin/ffprobe`. */
  folder: string;
  /** Version of the source package, such as `7:7.1.5-0+deb13u1`. */
  source: string;
  /** Identifier of the recipe; see `recipeId`. */
  recipe: string;
  /** Time in ISO 8601. */
  checkedAt: string;
  /** Number of attacks that the cell blocked with this build. */
  attacks: number;
  /** Number of runs with equal results of this build and the distribution's build. */
  runs: number;
}

/** The reason why Airlock has no new build, or gave up a build. */
export interface Rejection {
  source: string | null;
  recipe: string;
  reason: string;
  /** Time in ISO 8601. */
  at: string;
  /** Whether Airlock builds again after a day. Otherwise, it builds again when the source or the recipe changes. */
  isTemporary: boolean;
}

/** The contents of `state.json`. */
export interface TrimmedState {
  v: 1;
  /** The build that new cells use. */
  active: (CheckedBuild & { since: string }) | null;
  /** The build that cells use as soon as no cell runs. */
  ready: CheckedBuild | null;
  rejected: Rejection | null;
}

/** Maximum milliseconds to wait for the lock. A change takes about a millisecond. */
const LOCK_WAIT_MS = 10_000;
const NOTHING: TrimmedState = { v: 1, active: null, ready: null, rejected: null };

export function trimmedFolder(dataDir: string): string {
  return join(dataDir, 'ffmpeg');
}

/** Reads the state. Returns an empty state if the file is missing, or if a newer release has written it. */
export function readTrimmed(dataDir: string): TrimmedState {
  try {
    const state = JSON.parse(readFileSync(join(trimmedFolder(dataDir), 'state.json'), 'utf8')) as TrimmedState;
    return state.v === 1 ? { ...NOTHING, ...state } : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Returns the modification time of the state, in milliseconds, or 0 if the file is missing. */
export function trimmedStamp(dataDir: string): number {
  return statSync(join(trimmedFolder(dataDir), 'state.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Locks the file `path` and runs `work`. Rejects if another caller, in this or another process, has the lock for `waitMs`. */
export type WithLock = <T>(path: string, waitMs: number, work: () => Promise<T>) => Promise<T>;

/** A data directory whose state this process may change. */
export interface TrimmedStore {
  dataDir: string;
  withLock: WithLock;
}

/**
 * Changes parts of the state atomically. The worker, the builder and `./airlock ffmpeg update` may change the state at the same time, so
 * `change` receives the state under a lock. If `change` returns null, this changes nothing and resolves to null. Otherwise, resolves to the
 * new state.
 */
export function changeTrimmed(
  { dataDir, withLock }: TrimmedStore,
  change: (state: TrimmedState) => Partial<Omit<TrimmedState, 'v'>> | null,
): Promise<TrimmedState | null> {
  return withLock(lockPath(dataDir), LOCK_WAIT_MS, async () => {
    const state = readTrimmed(dataDir);
    const changes = change(state);
    if (!changes) return null;
    const folder = trimmedFolder(dataDir);
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    const next = { ...state, ...changes };
    const staged = join(folder, `.state-${randomUUID()}`);
    writeFileSync(staged, `${JSON.stringify(next, null, 2)}\n`, { mode: 0o600 });
    renameSync(staged, join(folder, 'state.json'));
    return next;
  });
}

/**
 * Returns the path of the lock file for the state. It is outside the folder of the builds, because older releases remove unknown files from
 * this folder.
 */
export function lockPath(dataDir: string): string {
  return `${trimmedFolder(dataDir)}.lock`;
}

/** Returns the path of the program of a build. */
export function trimmedProgram(dataDir: string, { folder }: Pick<CheckedBuild, 'folder'>): string {
  return join(trimmedFolder(dataDir), folder, 'bin', 'ffmpeg');
}

/**
 * Returns the path of the program of the active build. Null if there is no active build, or if an account other than root and this account
 * could change it.
 */
export function activeTrimmed(dataDir: string): string | null {
  const { active } = readTrimmed(dataDir);
  if (!active) return null;
  const base = trimmedFolder(dataDir);
  const path = trimmedProgram(dataDir, active);
  const bin = dirname(path);
  const folders = [base, join(base, active.folder), bin];
  return folders.every(isTrusted) && [path, join(bin, 'ffprobe')].every(isTrusted) ? path : null;
}

function isTrusted(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isSymbolicLink() && isOnlyOurs(stats);
}

/** Removes unused builds, and the files of interrupted builds. Call this only while no build runs. */
export async function removeUnused(dataDir: string): Promise<void> {
  const { active, ready } = readTrimmed(dataDir);
  const used = new Set(['state.json', active?.folder, ready?.folder]);
  const folder = trimmedFolder(dataDir);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (used.has(name)) continue;
    await removeTree(join(folder, name)).catch(() => rm(join(folder, name), { force: true }));
  }
}

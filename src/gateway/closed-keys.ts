import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closedFolder, isReal } from '../storage/embedded/disk-layout.ts';
import { S3Error } from './errors.ts';
import { syncFolder } from './folders.ts';

/**
 * Keys that take no object until a time: a signed URL cannot be called back, so its key is closed instead. Each is an empty
 * file, `<seconds since 1970>-<SHA-256 of the key>`, so that a restart forgets none.
 */
export interface ClosedKeys {
  has(key: string): boolean;
  /**
   * Closes a key immediately; durable when it resolves. `until` is in seconds since 1970. Rejects when the disk is
   * full.
   */
  add(key: string, until: number): Promise<void>;
  /** Calls `onClosed` when the key is closed; the result ends the watch. */
  watch(key: string, onClosed: () => void): () => void;
  /** Forgets those whose time is over. */
  sweep(): Promise<void>;
}

/** `now`: milliseconds since 1970. */
export async function openClosedKeys(root: string, now: () => number): Promise<ClosedKeys> {
  const folder = closedFolder(root);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await isReal(folder))) throw new Error('the storage folder contains a symbolic link where a folder belongs');
  const untilOf = new Map<string, number>();
  const watchers = new Map<string, Set<() => void>>();
  const note = (hash: string, until: number) => untilOf.set(hash, Math.max(until, untilOf.get(hash) ?? 0));
  for (const name of await readdir(folder)) {
    const closed = parseName(name);
    if (closed) note(closed.hash, closed.until);
  }
  const isOver = (until: number) => until * 1000 <= now();

  return {
    has(key) {
      const until = untilOf.get(hashOf(key));
      return until !== undefined && !isOver(until);
    },

    async add(key, until) {
      note(hashOf(key), until);
      for (const onClosed of watchers.get(key) ?? []) onClosed();
      const flags = constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW;
      const file = await open(join(folder, `${until}-${hashOf(key)}`), flags, 0o600);
      await file.close();
      await syncFolder(folder);
    },

    watch(key, onClosed) {
      const those = watchers.get(key) ?? new Set();
      watchers.set(key, those.add(onClosed));
      return () => {
        those.delete(onClosed);
        if (those.size === 0 && watchers.get(key) === those) watchers.delete(key);
      };
    },

    async sweep() {
      for (const name of await readdir(folder)) {
        const closed = parseName(name);
        if (!closed || isOver(closed.until)) await rm(join(folder, name), { recursive: true, force: true });
      }
      for (const [hash, until] of untilOf) if (isOver(until)) untilOf.delete(hash);
    },
  };
}

/** The error for a PUT to such a key. */
export function closedKey(): S3Error {
  return new S3Error('AccessDenied', 'This URL accepts no further bytes: the upload was confirmed or deleted.');
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function parseName(name: string): { until: number; hash: string } | null {
  const match = /^(\d{1,12})-([0-9a-f]{64})$/.exec(name);
  return match && { until: Number(match[1]), hash: match[2]! };
}

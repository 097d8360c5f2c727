import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closedFolder } from '../storage/embedded/disk-layout.ts';
import { S3Error } from './errors.ts';
import { makeRealFolder, syncFolder } from './folders.ts';

/**
 * Keys that accept no object until a given time. A signed URL cannot be revoked, so its key is closed instead. Each closed key is an empty
 * file, `<seconds since 1970>-<SHA-256 of the key>`, so that the key stays closed after a restart.
 */
export interface ClosedKeys {
  has(key: string): boolean;
  /** Closes a key immediately. Resolves when the change is durable. `until` is in seconds since 1970. Rejects if the disk is full. */
  add(key: string, until: number): Promise<void>;
  /** Calls `onClosed` when the key is closed. Returns a function that stops watching. */
  watch(key: string, onClosed: () => void): () => void;
  /** Deletes expired entries. */
  sweep(): Promise<void>;
}

/** Opens the folder of closed keys. `now` returns milliseconds since 1970. */
export async function openClosedKeys(root: string, now: () => number): Promise<ClosedKeys> {
  const folder = closedFolder(root);
  await makeRealFolder(folder);
  const untilOf = new Map<string, number>();
  const watchers = new Map<string, Set<() => void>>();
  const remember = (hash: string, until: number) => untilOf.set(hash, Math.max(until, untilOf.get(hash) ?? 0));
  for (const name of await readdir(folder)) {
    const closed = parseName(name);
    if (closed) remember(closed.hash, closed.until);
  }
  const isExpired = (until: number) => until * 1000 <= now();

  return {
    has(key) {
      const until = untilOf.get(hashOf(key));
      return until !== undefined && !isExpired(until);
    },

    async add(key, until) {
      remember(hashOf(key), until);
      for (const onClosed of watchers.get(key) ?? []) onClosed();
      const flags = constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW;
      const file = await open(join(folder, `${until}-${hashOf(key)}`), flags, 0o600);
      await file.close();
      await syncFolder(folder);
    },

    watch(key, onClosed) {
      const callbacks = watchers.get(key) ?? new Set();
      watchers.set(key, callbacks.add(onClosed));
      return () => {
        callbacks.delete(onClosed);
        if (callbacks.size === 0 && watchers.get(key) === callbacks) watchers.delete(key);
      };
    },

    async sweep() {
      for (const name of await readdir(folder)) {
        const closed = parseName(name);
        if (!closed || isExpired(closed.until)) await rm(join(folder, name), { recursive: true, force: true });
      }
      for (const [hash, until] of untilOf) if (isExpired(until)) untilOf.delete(hash);
    },
  };
}

/** The error for a write to a closed key. */
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

import type { Context } from '../database/context.ts';
import { StorageError, type StoreSpace } from '../storage/types.ts';

/*
 * Free space on the storage's disk, measured for a request or shortly before it.
 */

/** Maximum milliseconds to wait for the storage to report its free space, if the caller can use an older figure or none. */
const SPACE_MS = 3000;
/** Maximum milliseconds to wait if the request requires the figure. A busy machine takes seconds to restart its gateway. */
export const NEEDED_SPACE_MS = 10_000;

/**
 * Returns the space on the storage's disk. Returns null for a storage that has no disk of its own, such as S3. Throws `StorageError` if the
 * storage does not respond in time.
 */
export async function storeSpace(
  { store }: Pick<Context, 'store'>,
  { withinMs = SPACE_MS } = {},
): Promise<StoreSpace | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StorageError('storage does not report its space', { retry: true })), withinMs);
  });
  return Promise.race([spaceOf(store), late]).finally(() => clearTimeout(timer));
}

/** Milliseconds for which the creates of a process may use a measurement. Creates do not reserve space. */
const RECENT_MS = 500;
/**
 * Milliseconds for which creates may use the last measurement while the storage does not respond. A gateway on a busy machine may take this
 * long to restart.
 */
const UNREACHABLE_MS = 30_000;
const recent = new WeakMap<Context['store'], { at: number; space: Promise<StoreSpace | null> }>();
const answered = new WeakMap<Context['store'], { at: number; space: StoreSpace | null }>();

/** Like `storeSpace`, but always measures. `recentSpace` then uses the figure. */
export async function freshSpace(
  context: Pick<Context, 'store'>,
  options: { withinMs?: number } = {},
): Promise<StoreSpace | null> {
  const at = performance.now();
  const space = await storeSpace(context, options);
  recent.set(context.store, { at, space: Promise.resolve(space) });
  answered.set(context.store, { at, space });
  return space;
}

/**
 * Like `storeSpace`, but the result may be up to half a second old. If the storage does not respond, the result may be up to half a minute
 * old, because a job waits for the storage anyway. Use this only to check whether space is left, because other requests can use the space
 * first.
 */
export function recentSpace(context: Pick<Context, 'store'>): Promise<StoreSpace | null> {
  const { store } = context;
  const last = recent.get(store);
  if (last && performance.now() - last.at < RECENT_MS) return last.space;
  const space = storeSpace(context).then(
    (measured) => {
      answered.set(store, { at: performance.now(), space: measured });
      return measured;
    },
    (error) => {
      const before = answered.get(store);
      if (before && performance.now() - before.at < UNREACHABLE_MS) return before.space;
      recent.delete(store);
      throw error;
    },
  );
  recent.set(store, { at: performance.now(), space });
  return space;
}

/** Free space of a storage's disk. */
export interface MeasuredSpace extends StoreSpace {
  /** Whether up to `EARLIER_BYTES` may have arrived since the measurement. */
  isEarlier?: boolean;
}

/** Bytes that a disk can receive while requests use one measurement: half a second at 8 GB/s. */
export const EARLIER_BYTES = 4 * 2 ** 30;

/** Thrown if the disk is so full that an upload requires a new measurement. */
export class SpaceNearlyFull extends Error {}

/**
 * Returns the free space for uploads, which reserve space. Uses a measurement of the last half second, or measures. With an earlier
 * measurement, `requireUploadCapacity` throws `SpaceNearlyFull` if the bytes that may have arrived since then could matter.
 */
export async function spaceForUploads(context: Pick<Context, 'store'>): Promise<MeasuredSpace | null> {
  await recentSpace(context).catch(() => {});
  const last = answered.get(context.store);
  if (last && performance.now() - last.at < RECENT_MS) return last.space && { ...last.space, isEarlier: true };
  return freshSpace(context, { withinMs: NEEDED_SPACE_MS });
}

/** Like `storeSpace`, without a time-out. Throws `StorageError` if the storage does not respond. */
export async function spaceOf(store: Context['store']): Promise<StoreSpace | null> {
  const { space } = await store.capabilities();
  if (space) return space();
  await store.ping();
  return null;
}

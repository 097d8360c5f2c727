import { StorageError } from '../storage/types.ts';
import { isTransient } from './transient.ts';

/** Which neighbour is away, when that is why something failed. */
export function outageOf(error: unknown): 'storage' | 'database' | null {
  if (error instanceof StorageError) return 'storage';
  return isTransient(error) ? 'database' : null;
}

/** Whether work failed because the storage was away or overloaded, and not because of what was asked of it. */
export function isStorageAway(error: unknown): boolean {
  return error instanceof StorageError && error.retry;
}

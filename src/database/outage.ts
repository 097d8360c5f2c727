import { StorageError } from '../storage/types.ts';
import { isTransient } from './transient.ts';

/** Which dependency is unreachable, when that is why something failed. */
export function outageOf(error: unknown): 'storage' | 'database' | null {
  if (error instanceof StorageError) return 'storage';
  return isTransient(error) ? 'database' : null;
}

/** Whether work failed because the storage was unreachable or overloaded, and not because of the request. */
export function isStorageUnreachable(error: unknown): boolean {
  return error instanceof StorageError && error.retry;
}

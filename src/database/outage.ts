import { StorageError } from '../storage/types.ts';
import { isTransient } from './transient.ts';

/** Returns the unreachable dependency, if it is the reason for a failure. */
export function outageOf(error: unknown): 'storage' | 'database' | null {
  if (error instanceof StorageError) return 'storage';
  return isTransient(error) ? 'database' : null;
}

/** Whether work failed because the storage was unreachable or overloaded, rather than because of the request. */
export function isStorageUnreachable(error: unknown): boolean {
  return error instanceof StorageError && error.retry;
}

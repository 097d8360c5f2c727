import { checkStored } from '../jobs/check-uploads.ts';
import type { JobsContext } from '../jobs/kind.ts';
import type { StoredUpload } from '../storage/types.ts';

/** Maximum number of uploads that are checked concurrently. */
const AT_ONCE = 8;
/** Maximum number of reports that wait for a check. Periodic checks find the uploads of further reports. */
const MOST_WAITING = 10_000;

/**
 * Checks uploads as soon as the storage reports them, so that the jobs that await these uploads start. Resolves when the signal aborts,
 * when the storage ends the connection, or at once if the storage doesn't report uploads. Rejects with `StorageError` if the storage
 * doesn't respond.
 */
export async function followUploads(
  context: JobsContext,
  { signal, onError }: { signal: AbortSignal; onError: (error: unknown) => void },
): Promise<void> {
  const { followStored } = await context.store.capabilities();
  if (!followStored || signal.aborted) return;
  const waiting: StoredUpload[] = [];
  const running = new Set<Promise<void>>();
  const startNext = () => {
    while (running.size < AT_ONCE && !signal.aborted) {
      const stored = waiting.shift();
      if (!stored) return;
      const check = checkStored(context, stored)
        .catch(onError)
        .finally(() => {
          running.delete(check);
          startNext();
        });
      running.add(check);
    }
  };
  const onStored = (stored: StoredUpload) => {
    if (waiting.length < MOST_WAITING) waiting.push(stored);
    startNext();
  };
  await followStored({ onOpen: () => {}, onStored }, signal);
  await Promise.all(running);
}

import { areSlotsNeeded } from '../../../jobs/idle-slots.ts';
import type { TranscodeAttempt } from '../attempt.ts';

const POLL_MS = 1_000;

/**
 * Watches the slot of a stream that has waited too long for its upload. Returns a function that starts to check whether another job needs
 * the slot. Calls `onNeeded` if another job needs the slot while the stream waits. A stopped stream must encode again from the start when
 * its upload is complete, so it keeps a slot that no other job needs.
 */
export function watchSlot(
  { tools, run }: TranscodeAttempt,
  stream: { isWaiting: () => boolean; hasEnded: () => boolean; onNeeded: () => void },
): () => void {
  const check = async () => {
    if (stream.hasEnded()) return;
    const isNeeded =
      stream.isWaiting() && (run.lease.isNeeded() || (await areSlotsNeeded(tools.context.db, run.lease.classes())));
    if (isNeeded && stream.isWaiting()) stream.onNeeded();
    else setTimeout(checkAgain, POLL_MS);
  };
  const checkAgain = () => void check().catch(stream.onNeeded);
  let isChecking = false;
  return () => {
    if (!isChecking) checkAgain();
    isChecking = true;
  };
}

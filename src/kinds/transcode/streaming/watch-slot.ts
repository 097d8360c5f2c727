import { areSlotsWanted } from '../../../jobs/idle-slots.ts';
import type { TranscodeAttempt } from '../attempt.ts';

const LOOK_MS = 1_000;

/**
 * For a stream that has waited for its upload for too long. Returns a function that begins to look whether another job needs
 * the slot, and calls `onWanted` if one does while the stream waits. A stream that is given up encodes again from the start
 * when its upload is complete, so it keeps a slot that no other job needs.
 */
export function watchSlot(
  { tools, run }: TranscodeAttempt,
  slot: number,
  stream: { isWaiting: () => boolean; hasEnded: () => boolean; onWanted: () => void },
): () => void {
  const classes = tools.settings.slots[slot] ?? [];
  const look = async () => {
    if (stream.hasEnded()) return;
    const isWanted = stream.isWaiting() && (run.lease.isWanted() || (await areSlotsWanted(tools.context.db, classes)));
    if (isWanted && stream.isWaiting()) stream.onWanted();
    else setTimeout(lookAgain, LOOK_MS);
  };
  const lookAgain = () => void look().catch(stream.onWanted);
  let isLooking = false;
  return () => {
    if (!isLooking) lookAgain();
    isLooking = true;
  };
}

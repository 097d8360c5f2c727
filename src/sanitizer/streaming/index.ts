import { TaskThread, ThreadEnded } from '../../threads/task-thread.ts';
import { threadEntry } from '../../threads/thread-entry.ts';
import type { SanitizeResult } from '../types.ts';
import type { ArrivalState } from './arrival-state.ts';
import type { ArrivingDemuxer, CopyRule } from './read-arriving.ts';

export { ArrivalState } from './arrival-state.ts';
export { ARRIVING_DEMUXERS, type ArrivingDemuxer, type CopyRule } from './read-arriving.ts';

export type ArrivingRequest =
  | {
      type: 'open';
      path: string;
      demuxer: ArrivingDemuxer;
      size: number;
      memory: SharedArrayBuffer;
      copy: CopyRule | null;
    }
  | { type: 'copy'; target: string };
/** See `SanitizeResult`. */
type Opened = Pick<SanitizeResult, 'packets' | 'info' | 'corrections' | 'text'>;
export type ArrivingResult = Opened | { reason: string };

/** Heap of the thread in megabytes, as for files that have arrived. */
const HEAP_MB = 192;
/** Milliseconds of computation that the thread may use, without waiting, and the slowest rate that is tolerated. */
const READ_MS = 10_000;
const BYTES_PER_MS = 10_000;
const CHECK_MS = 1000;
/** Maximum milliseconds of a request to the thread. A fetch has its own deadline, after which the thread fails with `SourceLost`. */
const LONGEST_MS = 24 * 3600 * 1000;

/**
 * Error for a file that cannot be remuxed while it arrives. The file must be read again once it has arrived. Only that reading decides
 * about the file.
 */
export class NotInOrder extends Error {}

/** A container that is written while its source arrives. */
export interface ArrivingContainer extends Opened {
  /** Remuxes the source into a new file. Resolves when the new file is complete. Rejects with `NotInOrder`. */
  copy(target: string): Promise<void>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/**
 * Reads the head of a file that is still being fetched, in memory-safe code in a separate thread. Rejects with `NotInOrder`, or with the
 * signal's reason.
 */
export async function openArriving(
  file: { path: string; demuxer: ArrivingDemuxer; size: number; state: ArrivalState; copy: CopyRule | null },
  signal: AbortSignal,
): Promise<ArrivingContainer> {
  const { state, path, demuxer, size, copy } = file;
  const entry = threadEntry('arriving-thread', new URL('./arriving-thread.ts', import.meta.url));
  const thread = new TaskThread<ArrivingRequest, ArrivingResult>(entry, { heapMb: HEAP_MB });
  let busyMs = 0;
  const timer = setInterval(() => {
    if (!state.isWaiting) busyMs += CHECK_MS;
    if (busyMs > READ_MS + size / BYTES_PER_MS) void thread.end();
  }, CHECK_MS);
  const close = async () => {
    clearInterval(timer);
    await thread.end();
  };
  const ask = async (request: ArrivingRequest): Promise<Opened> => {
    const result = await thread.ask(request, LONGEST_MS, signal).catch((error: unknown) => {
      throw error instanceof ThreadEnded ? new NotInOrder(error.message, { cause: error }) : error;
    });
    if ('reason' in result) throw new NotInOrder(result.reason);
    return result;
  };
  try {
    const opened = await ask({ type: 'open', path, demuxer, size, copy, memory: state.memory });
    return { ...opened, copy: async (target) => void (await ask({ type: 'copy', target })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

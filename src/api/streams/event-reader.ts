/** Minimum milliseconds between the starts of two reads. Several notifications in this time cause a single read. */
const GAP_MS = 10;
/** Milliseconds until the next read while events are hidden: the first pause, and the longest pause. */
const HIDDEN_MS = 5;
const LONGEST_HIDDEN_MS = 200;

export interface EventReader {
  /** Reads now, or after the read in progress. */
  wake(): void;
  stop(): void;
}

interface ReaderOptions {
  /** Resolves to whether there are events that cannot be read yet. */
  read: () => Promise<boolean>;
  /** Milliseconds after which the reader reads without a wake-up. */
  lookMs: number;
  onError: (error: Error) => void;
}

/**
 * Reads after each wake-up, one read at a time. Reads again soon while events are hidden by an older transaction, because no notification
 * announces the end of that transaction.
 */
export function openReader({ read, lookMs, onError }: ReaderOptions): EventReader {
  let isReading = false;
  let isWoken = false;
  let isStopped = false;
  let hiddenMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  let timer = setTimeout(wake, lookMs);

  function readAfter(ms: number): void {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(readNow, ms);
  }

  function wake(): void {
    isWoken = true;
    if (isReading || isStopped) return;
    const gap = lastMs + GAP_MS - performance.now();
    if (gap > 0) readAfter(gap);
    else readNow();
  }

  function readNow(): void {
    clearTimeout(timer);
    isReading = true;
    isWoken = false;
    lastMs = performance.now();
    read()
      .catch((error: unknown) => {
        onError(error as Error);
        return false;
      })
      .then((hasHidden) => {
        isReading = false;
        hiddenMs = hasHidden ? Math.min(Math.max(hiddenMs * 2, HIDDEN_MS), LONGEST_HIDDEN_MS) : 0;
        if (isWoken) wake();
        else readAfter(hasHidden ? hiddenMs : lookMs);
      });
  }

  return {
    wake,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

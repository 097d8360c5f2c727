/** Planned bytes of memory for each light slot. A brief heavy job also needs at most this much memory. */
export const LIGHT_BYTES = 512 * 2 ** 20;

/**
 * The memory that the cells of a worker may use together, based on the estimates of their plans. A heavy job waits for memory. A job in a
 * light slot counts but never waits, because each light slot has its own planned memory.
 */
export interface MemoryBudget {
  /**
   * Resolves to a function that releases the memory of the job, as soon as the job may run. Rejects with the signal's reason. A heavy job
   * never waits if no other heavy job runs, regardless of its size, because its cell has its own limit.
   */
  reserve(bytes: number, options: { isHeavy: boolean; signal: AbortSignal }): Promise<() => void>;
}

/** Opens a memory budget. Heavy jobs get memory in the order of their requests, so that small jobs do not keep a large job waiting. */
export function openMemoryBudget(totalBytes: number): MemoryBudget {
  const waiting: { bytes: number; admit: () => void }[] = [];
  let used = 0;
  let heavy = 0;

  function enter(bytes: number, isHeavy: boolean): () => void {
    let isInside = true;
    used += bytes;
    if (isHeavy) heavy += 1;
    return () => {
      if (!isInside) return;
      isInside = false;
      used -= bytes;
      if (isHeavy) heavy -= 1;
      admitNext();
    };
  }

  const fits = (bytes: number) => heavy === 0 || used + bytes <= totalBytes;

  function admitNext(): void {
    while (waiting[0] && fits(waiting[0].bytes)) waiting.shift()!.admit();
  }

  return {
    async reserve(bytes, { isHeavy, signal }) {
      signal.throwIfAborted();
      if (!isHeavy || (waiting.length === 0 && fits(bytes))) return enter(bytes, isHeavy);
      return new Promise((resolve, reject) => {
        const request = {
          bytes,
          admit: () => {
            signal.removeEventListener('abort', leave);
            resolve(enter(bytes, isHeavy));
          },
        };
        const leave = () => {
          waiting.splice(waiting.indexOf(request), 1);
          reject(signal.reason);
          admitNext();
        };
        signal.addEventListener('abort', leave, { once: true });
        waiting.push(request);
      });
    },
  };
}

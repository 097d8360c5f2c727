/** Planned bytes of memory for each light slot. A brief heavy job needs at most as many. */
export const LIGHT_BYTES = 512 * 2 ** 20;

/**
 * The memory that the cells of a worker may use together, by the estimates of their plans. A heavy job waits for memory. A
 * job in a light slot counts but never waits, because each light slot has its own planned memory.
 */
export interface MemoryBudget {
  /**
   * Resolves when the job may run, to a function that returns its memory; rejects with the signal's reason. A heavy job
   * that runs without another heavy job never waits, however large it is: the limit of its cell bounds it.
   */
  reserve(bytes: number, options: { isHeavy: boolean; signal: AbortSignal }): Promise<() => void>;
}

/** Heavy jobs get memory in the order of their requests, so that small ones do not keep a large one waiting. */
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

import type { MinimumRate } from './context.ts';

/** Calls `onSlow` once if `count()` (the number of bytes so far) grows too slowly. Returns a function that stops watching. */
export function watchRate(count: () => number, minimum: MinimumRate, onSlow: () => void): () => void {
  let before = count();
  const timer = setInterval(() => {
    const now = count();
    if (now - before < (minimum.bytesPerSecond * minimum.windowMs) / 1000) {
      clearInterval(timer);
      onSlow();
    }
    before = now;
  }, minimum.windowMs);
  return () => clearInterval(timer);
}

import type { MinimumRate } from './context.ts';

/** Calls `onSlow` once if the number of bytes that `count` returns grows too slowly. Returns a function that stops watching. */
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

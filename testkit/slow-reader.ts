import type { Readable } from 'node:stream';

export interface SlowReading {
  /** Number of bytes of a piece. */
  bytes: number;
  everyMs: number;
  /** Milliseconds after which the rest is read without pauses. */
  forMs: number;
}

/** Reads a stream steadily, one piece at a time. Resolves with the number of bytes when the stream has ended or was closed. */
export function readSteadily(stream: Readable, { bytes, everyMs, forMs }: SlowReading): Promise<number> {
  const from = performance.now();
  let total = 0;
  stream.on('readable', () => {});
  const timer = setInterval(() => {
    const isSlow = performance.now() - from < forMs;
    const piece = stream.read(isSlow ? Math.min(bytes, stream.readableLength) : undefined) as Buffer | null;
    total += piece?.length ?? 0;
  }, everyMs);
  return new Promise((resolve) => {
    const end = () => {
      clearInterval(timer);
      resolve(total);
    };
    stream.once('end', end).once('close', end);
  });
}

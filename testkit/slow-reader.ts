import type { Readable } from 'node:stream';

export interface SlowReading {
  /** Bytes of a piece. */
  bytes: number;
  everyMs: number;
  /** Milliseconds after which everything is read at once. */
  forMs: number;
}

/** Reads a stream steadily, a piece at a time. Resolves to the number of bytes when the stream has ended or closed. */
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

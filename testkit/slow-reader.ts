import type { Readable } from 'node:stream';

/** Reads a stream steadily, a piece at a time. Resolves to the number of bytes when the stream has ended or closed. */
export function readSteadily(
  stream: Readable,
  { bytes, everyMs }: { bytes: number; everyMs: number },
): Promise<number> {
  let total = 0;
  stream.on('readable', () => {});
  const timer = setInterval(() => {
    const piece = stream.read(Math.min(bytes, stream.readableLength)) as Buffer | null;
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

import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Number of bytes that pass at once: 2.6 ms of traffic at 200 Mbit/s. */
const BURST = 64 * 1024;
/** Maximum milliseconds of traffic for which the link compensates if a busy machine resumes it late. */
const BACKLOG_MS = 100;

/** A link that all its streams share: a token bucket. */
export interface Link {
  /** A stream that delays the bytes that pass through it. */
  through(): Transform;
}

/** Opens a link. `bytesPerSecond` is null for an unlimited link. */
export function openLink(bytesPerSecond: number | null): Link {
  /** Time at which the link has sent all bytes that it has accepted so far, on the clock of `performance.now`. */
  let freeAt = 0;
  const pass = async (bytes: number): Promise<void> => {
    if (bytesPerSecond === null) return;
    const now = performance.now();
    freeAt = Math.max(freeAt, now - BACKLOG_MS) + (bytes / bytesPerSecond) * 1000;
    if (freeAt - now > 2) await sleep(freeAt - now);
  };
  return {
    through: () =>
      new Transform({
        highWaterMark: BURST,
        transform(chunk: Buffer, _encoding, done) {
          passParts(this, chunk, pass).then(() => done(), done);
        },
      }),
  };
}

async function passParts(out: Transform, chunk: Buffer, pass: (bytes: number) => Promise<void>): Promise<void> {
  for (let at = 0; at < chunk.length; at += BURST) {
    const part = chunk.subarray(at, at + BURST);
    await pass(part.length);
    out.push(part);
  }
}

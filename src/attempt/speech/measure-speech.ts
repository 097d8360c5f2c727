import { open } from 'node:fs/promises';
import type { Samples } from './decode-audio.ts';
import { FRAME_BYTES, findSpeech, frameLevels, type Span } from './voice-activity.ts';

/** Number of bytes per read: ten seconds of frames. */
const CHUNK_BYTES = 500 * FRAME_BYTES;

/** Returns the parts of decoded audio that may contain speech. */
export async function measureSpeech({ path }: Samples, signal: AbortSignal): Promise<Span[]> {
  const levels: Float32Array[] = [];
  const file = await open(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = 0; ; ) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at);
      if (bytesRead === 0) break;
      levels.push(frameLevels(chunk.subarray(0, bytesRead)));
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
  const all = new Float32Array(levels.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of levels) {
    all.set(part, at);
    at += part.length;
  }
  return findSpeech(all);
}

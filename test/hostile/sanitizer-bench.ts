import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobFailure } from '../../src/contract/failures.ts';
import { openSanitizer } from '../../src/sanitizer/index.ts';

/** Result of sanitizing a file. */
export interface Seen {
  /** Origin of the container, or the code of the rejection. */
  verdict: string;
  /** Reason why the container was not rewritten, or the text of the rejection. */
  reason: string | null;
  /** Path of the rewritten container. */
  target: string;
  /** Duration of audio in seconds if the sanitizer counts it, otherwise null. */
  seconds: number | null;
}

/** Opens a sanitizer, and a temporary folder for bytes that a test generates. */
export async function openSanitizerBench({ threads }: { threads: number }) {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-hostile-sanitizer-'));
  const sanitizer = openSanitizer({ threads });
  let number = 0;
  return {
    folder,
    /** Sanitizes the bytes. Throws unexpected errors of a reader, which are bugs. */
    async sanitize(bytes: Uint8Array, demuxer: string, mediaBytes: number | null = null): Promise<Seen> {
      const path = join(folder, `${number++}`);
      await writeFile(path, bytes);
      const target = `${path}.container`;
      try {
        const asked = { path, demuxer, target, mediaBytes };
        const { container, reason, seconds } = await sanitizer.sanitize(asked, { subject: 'It' });
        return { verdict: container, reason, target, seconds };
      } catch (error) {
        if (!(error instanceof JobFailure) || error.cause !== undefined) throw error;
        return { verdict: error.code, reason: error.message, target, seconds: null };
      } finally {
        await rm(path);
      }
    },
    async close(): Promise<void> {
      await sanitizer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type SanitizerBench = Awaited<ReturnType<typeof openSanitizerBench>>;

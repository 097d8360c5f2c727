import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobFailure } from '../../src/contract/failures.ts';
import { openSanitizer } from '../../src/sanitizer/index.ts';

/** What the first look made of a file. */
export interface Seen {
  /** The container's origin, or the code of the refusal. */
  verdict: string;
  /** Why the container stays as it is, or the text of the refusal. */
  reason: string | null;
  /** Path of the rewritten container. */
  target: string;
  /** Of sound, where it was counted. */
  seconds: number | null;
}

/** The first look over bytes that a test makes, in a folder that goes with it. */
export async function openLookBench({ threads }: { threads: number }) {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-hostile-look-'));
  const sanitizer = openSanitizer({ threads });
  let number = 0;
  return {
    folder,
    /** An unexpected error in the reader is a bug, and thrown. */
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

export type LookBench = Awaited<ReturnType<typeof openLookBench>>;

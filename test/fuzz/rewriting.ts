import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobFailure } from '../../src/contract/failures.ts';
import { detectMedia } from '../../src/ffmpeg/index.ts';
import { openSanitizer } from '../../src/sanitizer/index.ts';
import { faultOf, removeCase, watchMemory, watchTime } from './bounds.ts';
import { type Campaign, count, type Fuzzer } from './campaign.ts';
import { makeSeeds } from './container-seeds.ts';
import { damage } from './containers.ts';

/** Fuzzes only damaged audio files. Rewriting a rewritten file must not change it. */
export const REWRITING: Campaign = { cases: 20_000, open };

const KINDS = /(?:mp3|aac|ogg|opus|wav|flac)$/;
/** Maximum number of milliseconds for a file of some kilobytes, on a busy machine. */
const MAX_MS = 5000;

async function open(): Promise<Fuzzer> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-fuzz-'));
  const seeds = (await makeSeeds(folder)).filter(({ kind }) => KINDS.test(kind));
  const sanitizer = openSanitizer({ threads: 1 });
  const tally: Record<string, number> = {};
  const memoryFaults = watchMemory();
  const sanitize = (path: string, demuxer: string) =>
    sanitizer.sanitize({ path, demuxer, target: `${path}.container`, mediaBytes: null }, { subject: 'Input 1' });
  return {
    tally,
    async one(random, index) {
      const seed = random.pick(seeds);
      const path = join(folder, `case-${index}`);
      const bytes = damage(random, seed, seeds);
      const detected = await detectMedia(bytes);
      if (!detected) {
        count(tally, 'unknown');
        return [];
      }
      writeFileSync(path, bytes);
      const timeFaults = watchTime(MAX_MS);
      try {
        const { container, demuxer } = await sanitize(path, detected.demuxer);
        const [slow] = timeFaults();
        count(tally, `${demuxer} ${container}`);
        if (slow) return [`a ${seed.kind} of ${bytes.length} bytes ${slow}`];
        if (container === 'original') return [];
        const again = await sanitize(`${path}.container`, demuxer);
        if (again.container === 'original') return [`a rewritten ${seed.kind} is not rewritten again: ${again.reason}`];
        const [once, twice] = [`${path}.container`, `${path}.container.container`].map((name) => readFileSync(name));
        return once!.equals(twice!) ? [] : [`a rewritten ${seed.kind} changes when it is rewritten again`];
      } catch (error) {
        if (!(error instanceof JobFailure) || error.cause !== undefined) {
          return [`a ${seed.kind}: ${faultOf(error)}`];
        }
        count(tally, error.code);
        return [];
      } finally {
        removeCase(folder);
      }
    },
    atEnd: async () => memoryFaults(),
    async close() {
      await sanitizer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

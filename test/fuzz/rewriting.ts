import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobFailure } from '../../src/contract/failures.ts';
import { detectMedia } from '../../src/ffmpeg/index.ts';
import { openSanitizer } from '../../src/sanitizer/index.ts';
import { type Campaign, count, type Fuzzer } from './campaign.ts';
import { makeSeeds } from './container-seeds.ts';
import { damage } from './containers.ts';

/** Damaged audio files alone: rewriting a rewritten file must not change it. */
export const REWRITING: Campaign = { cases: 20_000, open };

const KINDS = /(?:mp3|aac|ogg|opus|wav|flac)$/;
/** Milliseconds for files of some kilobytes, on a busy machine. */
const MAX_MS = 5000;

async function open(): Promise<Fuzzer> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-fuzz-'));
  const seeds = (await makeSeeds(folder)).filter(({ kind }) => KINDS.test(kind));
  const sanitizer = openSanitizer({ threads: 1 });
  const tally: Record<string, number> = {};
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
      const begun = performance.now();
      try {
        const { container, demuxer } = await sanitize(path, detected.demuxer);
        const ms = performance.now() - begun;
        count(tally, `${demuxer} ${container}`);
        if (ms > MAX_MS) return [`a ${seed.kind} of ${bytes.length} bytes takes ${Math.round(ms)} ms`];
        if (container === 'original') return [];
        const again = await sanitize(`${path}.container`, demuxer);
        if (again.container === 'original') return [`a rewritten ${seed.kind} is not rewritten again: ${again.reason}`];
        const [once, twice] = [`${path}.container`, `${path}.container.container`].map((name) => readFileSync(name));
        return once!.equals(twice!) ? [] : [`a rewritten ${seed.kind} changes when it is rewritten again`];
      } catch (error) {
        if (!(error instanceof JobFailure) || error.cause !== undefined) {
          return [`a ${seed.kind}: ${(error as Error).stack?.split('\n').slice(0, 4).join(' ')}`];
        }
        count(tally, error.code);
        return [];
      } finally {
        for (const name of readdirSync(folder)) if (name.startsWith('case-')) rmSync(join(folder, name));
      }
    },
    async close() {
      await sanitizer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

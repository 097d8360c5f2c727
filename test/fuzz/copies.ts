import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBytes } from '../../src/sanitizer/file-bytes.ts';
import { type CopyRequest, copyMovie } from '../../src/sanitizer/isobmff/copy-movie.ts';
import { readMovie } from '../../src/sanitizer/isobmff/read-movie.ts';
import type { Random } from '../../testkit/random.ts';
import { faultOf, sizeFaults, watchMemory, watchTime } from './bounds.ts';
import { type Campaign, count, type Fuzzer } from './campaign.ts';
import { FRAGMENTED, makeSeeds } from './container-seeds.ts';
import { damageMovie } from './fragments.ts';

/** Maximum number of milliseconds for a small file, even on a busy machine. */
const MAX_MS = 8000;

const CLIP = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=10:d=1', '-f', 'lavfi', '-i', 'sine=d=1'],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-bf', '2', '-g', '4', '-c:a', 'aac'],
];
const SEEDS = { 'plain.mp4': CLIP, 'first.mp4': [...CLIP, '-movflags', '+faststart'], ...FRAGMENTED };

/**
 * Fuzzes the copy of damaged movies without FFmpeg, completely or in part. Airlock's reader must accept each copy, and no copy may be too
 * large.
 */
export const COPIES: Campaign = { cases: 50_000, open };

async function open(): Promise<Fuzzer> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-fuzz-copies-'));
  const seeds = await makeSeeds(folder, SEEDS);
  const tally: Record<string, number> = {};
  const memoryFaults = watchMemory();
  const [path, copied] = [join(folder, 'case'), join(folder, 'copied')];
  return {
    tally,
    async one(random) {
      const seed = random.pick(seeds);
      const bytes = random.chance(0.1) ? seed.bytes : damageMovie(random, seed.bytes);
      writeFileSync(path, bytes);
      const timeFaults = watchTime(MAX_MS);
      const faults: string[] = [];
      try {
        const made = copyMovie(anyCopy(random, { path, copied }));
        count(tally, 'reason' in made ? 'left to FFmpeg' : 'copied');
        if ('size' in made) faults.push(...faultsOf(copied, bytes.length));
      } catch (error) {
        faults.push(faultOf(error));
      }
      faults.push(...timeFaults());
      rmSync(copied, { force: true });
      return faults.map((fault) => `a ${seed.kind} of ${bytes.length} bytes: ${fault}`);
    },
    atEnd: async () => memoryFaults(),
    async close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function anyCopy(random: Random, paths: Pick<CopyRequest, 'path' | 'copied'>): CopyRequest {
  const start = random.chance(0.5) ? 0 : random.int(0, 1_200_000);
  const length = random.chance(0.5) ? null : random.int(1, 1_200_000);
  return {
    ...paths,
    streams: random.pick([[0, 1], [0], [1], [1, 0]]),
    format: random.pick(['mp4', 'mp4', 'mov', 'm4a']),
    ...(random.chance(0.6) && (start > 0 || length !== null) && { trim: { start, length } }),
    ...(random.chance(0.3) && { tags: [['title', 'A title']] as const }),
  };
}

function faultsOf(copied: string, bytes: number): string[] {
  const faults = sizeFaults(copied, bytes);
  const file = openBytes(copied);
  try {
    if (readMovie(file).tracks.length === 0) faults.push('the copy has no streams');
  } catch (error) {
    faults.push(`Airlock's reader rejects the copy, which ${(error as Error).message}`);
  } finally {
    file.close();
  }
  return faults;
}

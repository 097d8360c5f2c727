import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { Rejected } from '../../src/sanitizer/verdicts.ts';
import { damaged, restructured } from '../../testkit/bytes.ts';
import type { Random } from '../../testkit/random.ts';
import { faultOf, sizeFaults, watchMemory, watchTime } from './bounds.ts';
import { type Campaign, count, type Fuzzer } from './campaign.ts';
import { FRAGMENTED, makeSeeds } from './container-seeds.ts';

/** Maximum number of milliseconds for a small file, even on a busy machine. */
const MAX_MS = 8000;
/** Boxes that describe where samples are and when they are shown. */
const TELLING = [
  'tfhd',
  'tfdt',
  'trun',
  'trex',
  'elst',
  'mdhd',
  'mvhd',
  'stsd',
  'stts',
  'ctts',
  'stsz',
  'stco',
  'sidx',
];

/** Fuzzes damaged fragmented files, mostly in the descriptions of samples. Each file is inspected, and rewritten or rejected. */
export const FRAGMENTS: Campaign = { cases: 50_000, open };

async function open(): Promise<Fuzzer> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-fuzz-fragments-'));
  const seeds = await makeSeeds(folder, FRAGMENTED);
  const tally: Record<string, number> = {};
  const memoryFaults = watchMemory();
  const [path, target, again] = ['case', 'target', 'again'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  return {
    tally,
    async one(random) {
      const seed = random.pick(seeds);
      const bytes = damageMovie(random, seed.bytes);
      writeFileSync(path, bytes);
      const timeFaults = watchTime(MAX_MS);
      const faults: string[] = [];
      const verdict = await verdictOn(path, target);
      count(tally, verdict);
      faults.push(...timeFaults());
      if (verdict.startsWith('fault')) faults.push(verdict);
      if (verdict === 'rewritten') {
        faults.push(...sizeFaults(target, bytes.length));
        // The reader must accept everything that the writer wrote.
        const second = await verdictOn(target, again);
        if (second !== 'rewritten') faults.push(`our own container is ${second}`);
      }
      for (const name of [target, again]) rmSync(name, { force: true });
      return faults.map((fault) => `a ${seed.kind} of ${bytes.length} bytes: ${fault}`);
    },
    atEnd: async () => memoryFaults(),
    async close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function verdictOn(path: string, target: string): Promise<string> {
  try {
    return (await sanitizeFile({ path, demuxer: 'mov', target, mediaBytes: null })).container;
  } catch (error) {
    if (error instanceof Rejected) return error.code;
    return `fault ${faultOf(error)}`;
  }
}

/** Changes bytes, boxes, or fields of the boxes that describe samples. */
export function damageMovie(random: Random, original: Buffer): Buffer {
  if (random.chance(0.2)) return damaged(random, original);
  if (random.chance(0.25)) return restructured(random, original);
  const bytes = Buffer.from(original);
  for (let left = random.int(1, 4); left > 0; left -= 1) alterField(random, bytes);
  return bytes;
}

const EDGES = [0, 1, 2, 0x7f, 0xff, 0x1000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffff00, 0xffffffff];

/** Sets another number in one of the fields of a box that describes samples, including its flags. */
function alterField(random: Random, bytes: Buffer): void {
  const type = random.pick(TELLING);
  const offsets: number[] = [];
  for (let at = bytes.indexOf(type); at >= 0; at = bytes.indexOf(type, at + 4)) offsets.push(at);
  if (offsets.length === 0) return;
  const box = random.pick(offsets);
  const field = box + 4 + 4 * random.int(0, 6);
  if (field + 4 > bytes.length) return;
  const now = bytes.readUInt32BE(field);
  const value = random.pick([...EDGES, now + 1, now - 1, now * 2, now ^ (1 << random.int(0, 31)), random.int(0, 4096)]);
  bytes.writeUInt32BE(value >>> 0, field);
}

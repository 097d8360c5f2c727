import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectMedia, type MediaInfo } from '../../src/ffmpeg/index.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import type { SanitizeResult } from '../../src/sanitizer/types.ts';
import { Rejected } from '../../src/sanitizer/verdicts.ts';
import { damaged, restructured } from '../../testkit/bytes.ts';
import { makeAllMedia } from '../../testkit/media-cache.ts';
import type { Random } from '../../testkit/random.ts';
import { CORPUS } from '../sanitizer/corpus.ts';
import { differences, probed } from '../sanitizer/info-differences.ts';
import { changedPages } from '../sanitizer/ogg-pages.ts';
import { PICTURE_CORPUS } from '../sanitizer/picture-corpus.ts';
import { SOUND_CORPUS } from '../sanitizer/sound-corpus.ts';
import { removeCase, watchMemory } from './bounds.ts';
import { type Campaign, count, type Fuzzer } from './campaign.ts';

/** Fuzzes damaged files that the readers describe without ffprobe. The readers must describe each file as ffprobe does, or not at all. */
export const DESCRIBED: Campaign = { cases: 20_000, open };

/** Words before the descriptions of streams, where damage matters most. */
const MARKS = [
  ...['moov', 'mvhd', 'tkhd', 'mdhd', 'elst', 'stsd', 'avcC', 'hvcC', 'av1C', 'vpcC', 'esds', 'colr', 'pasp', 'stts'],
  ...['mdat', 'fiel', 'dOps', 'V_', 'A_', 'RIFF', 'fmt ', 'IHDR', 'JFIF', 'VP8', 'fLaC', 'Xing', 'Info', 'OggS'],
  ...['\xff\xd8', '\xff\xc0', '\xff\xdb', '\xff\xda', 'pHYs', 'gAMA', 'tRNS', 'IDAT', 'IEND'],
  ...['VP8X', 'VP8L', 'ALPH', 'APIC'],
];
const REACH = 120;

async function open(): Promise<Fuzzer> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-fuzz-'));
  const seeds = await makeSeeds(folder);
  const tally: Record<string, number> = {};
  const memoryFaults = watchMemory();
  return {
    tally,
    async one(random, index) {
      const seed = random.pick(seeds);
      const path = join(folder, `case-${index}`);
      const bytes = spoiled(random, seed.bytes);
      writeFileSync(path, bytes);
      try {
        const result = await sanitized(path, bytes);
        const outcome = result?.info ? 'described' : 'not described';
        for (const what of [outcome, `${seed.kind} ${outcome}`]) count(tally, what);
        if (!result?.info) return [];
        const isOriginal = result.container === 'original';
        const probe = await probed(isOriginal ? path : `${path}.container`, result.demuxer, bytes.length);
        const faults = differences(result.info, probe, isOriginal);
        if (faults.length > 0) count(tally, `${seed.kind} described differently`);
        return faults.length > 0 ? [`${seed.name}: ${faults.join('; ')}`] : [];
      } finally {
        removeCase(folder);
      }
    },
    atEnd: async () => memoryFaults(),
    async close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function sanitized(path: string, bytes: Buffer): Promise<(SanitizeResult & { info: MediaInfo | null }) | null> {
  const detected = await detectMedia(bytes.subarray(0, 65_536));
  if (!detected) return null;
  const request = { path, demuxer: detected.demuxer, target: `${path}.container`, mediaBytes: null };
  return sanitizeFile(request).catch((error: unknown) => {
    if (error instanceof Rejected) return null;
    throw error;
  });
}

async function makeSeeds(folder: string) {
  const cases = [...CORPUS, ...SOUND_CORPUS, ...PICTURE_CORPUS].filter(({ stays, copied }) => !stays && !copied);
  const made = cases.map(({ name, file, args, altered }, index) => {
    return { name, kind: file, args: [...args, '-shortest'], altered, path: join(folder, `seed-${index}.${file}`) };
  });
  const batch = 8;
  for (let at = 0; at < made.length; at += batch) await makeAllMedia(made.slice(at, at + batch));
  const seeds = [];
  for (const { name, kind, altered, path } of made) {
    const bytes = altered?.(readFileSync(path)) ?? readFileSync(path);
    // Omits files that the readers do not describe undamaged, because damage rarely makes them describable.
    if ((await sanitized(path, bytes))?.info) seeds.push({ name, kind, bytes });
  }
  return seeds;
}

function spoiled(random: Random, file: Buffer): Buffer {
  const kind = random.next();
  if (kind < 0.1) return damaged(random, file);
  if (kind < 0.2) return restructured(random, file);
  const bytes = Buffer.from(file);
  for (let left = random.int(1, 3); left > 0; left -= 1) touch(random, bytes);
  // Corrects the checksums, because a wrong checksum would hide the rest of the damage.
  return bytes.toString('latin1', 0, 4) === 'OggS' ? changedPages(bytes, () => {}) : bytes;
}

/** Changes one byte, usually near a mark. */
function touch(random: Random, bytes: Buffer): void {
  const mark = bytes.indexOf(random.pick(MARKS), 0, 'latin1');
  const near = mark >= 0 ? mark + random.int(0, REACH) : random.int(0, Math.min(1024, bytes.length) - 1);
  const at = Math.min(bytes.length - 1, random.chance(0.9) ? near : random.int(0, bytes.length - 1));
  bytes[at] = random.pick([
    () => bytes[at]! ^ (1 << random.int(0, 7)),
    () => random.pick([0, 1, 2, 0x7f, 0x80, 0xff]),
    () => random.int(0, 255),
  ])();
}

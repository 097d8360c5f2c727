import type { FileBytes } from '../file-bytes.ts';
import { ENCRYPTED, Rejected } from '../verdicts.ts';
import { type Box, type BoxBudget, boxesIn } from './boxes.ts';

/** Path from a track to its sample descriptions. */
const PATH = ['mdia', 'minf', 'stbl', 'stsd'];
/** Types of encrypted sample entries: Common Encryption (ISO/IEC 23001-7), and movies and music of the iTunes Store. */
const TYPES: ReadonlySet<string> = new Set(['encv', 'enca', 'encs', 'enct', 'drmi', 'drms']);

/**
 * Throws `Rejected` if a track is encrypted. FFmpeg doesn't report encryption: it decodes noise instead. Every track is checked before the
 * others are read, because a file that cannot be remuxed goes to FFmpeg unchanged.
 */
export function rejectEncrypted(file: FileBytes, traks: readonly Box[], budget: BoxBudget): void {
  for (const trak of traks) {
    let box: Box | undefined = trak;
    for (const type of PATH) {
      if (box) box = [...boxesIn(file, box.body, box.end, budget)].find((child) => child.type === type);
    }
    if (!box || box.body + 8 > box.end) continue;
    const [entry] = boxesIn(file, box.body + 8, box.end, budget);
    if (entry && TYPES.has(entry.type)) throw new Rejected('unsupported_media', ENCRYPTED);
  }
}

import type { MediaInfo } from '../../media/index.ts';
import { audioFacts } from '../audio-facts.ts';
import { mustBe, unlessUnclear } from '../codecs/bits.ts';
import { readOpus } from '../codecs/xiph.ts';
import type { FileBytes } from '../file-bytes.ts';
import { soundInfo } from '../streams.ts';
import type { ContainerFacts } from '../types.ts';
import type { OggCodec } from './codecs.ts';
import type { OggPage } from './pages.ts';

/** Bytes at the end of a file in which FFmpeg looks for the last page, and some more. */
const TAIL = 80_000;
/** The last page with a time must begin within these bytes: FFmpeg reads 65,307. */
const NEAR_END = 60_000;
const PAGE = 'OggS';

/**
 * What ffprobe would report about a rewritten file with Opus; null for other codecs, whose length depends on their
 * packets. The length is the time of the last page.
 */
export function oggInfo(file: FileBytes, first: Buffer, pages: Iterable<OggPage>): MediaInfo | null {
  return unlessUnclear(() => {
    const sound = readOpus(first);
    let starts: number[] = [];
    let end = 0;
    let last = { at: 0, granule: 0n };
    for (const { at, bytes, granule } of pages) {
      end = at + bytes;
      if (starts.length > 2 * TAIL) starts = starts.slice(TAIL);
      starts.push(at);
      if (granule > 0n) last = { at, granule };
    }
    mustBe(last.granule > 0n && end - last.at <= NEAR_END);
    const from = Math.max(starts[0]!, end - TAIL);
    requirePages(file.read(from, end - from), new Set(starts.map((at) => at - from)));
    return soundInfo({ demuxer: 'ogg', sizeBytes: file.size }, sound, {
      duration: Number(last.granule),
      bitRate: null,
    });
  });
}

/** Throws `Unclear` where something in a packet looks like a page: FFmpeg would follow it. */
function requirePages(tail: Buffer, starts: ReadonlySet<number>): void {
  for (let at = tail.indexOf(PAGE); at >= 0; at = tail.indexOf(PAGE, at + 1)) mustBe(starts.has(at));
}

/** A complete packet ends with a segment that is shorter than this. */
const SEGMENT = 255;

/**
 * Facts of an output, whose length is the time of its last page. Null if the first page with a time contains too few
 * packets for it: then the sound begins later than at zero.
 */
export function oggFacts({ name, rate, longest }: OggCodec, pages: Iterable<OggPage>): ContainerFacts | null {
  let [packets, last] = [0, 0];
  for (const { granule, lacing } of pages) {
    for (const length of lacing) if (length < SEGMENT) packets++;
    if (granule <= 0n) continue;
    if (last === 0 && Number(granule) > packets * longest) return null;
    last = Number(granule);
  }
  return audioFacts(name, last / rate);
}

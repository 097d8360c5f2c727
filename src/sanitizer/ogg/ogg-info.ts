import type { MediaInfo } from '../../ffmpeg/index.ts';
import { mustBe, unlessUnclear } from '../codecs/bits.ts';
import { requireFrames } from '../codecs/flac-frames.ts';
import type { Sound } from '../codecs/types.ts';
import { readVorbisModes, vorbisSamples } from '../codecs/vorbis-packets.ts';
import { readFlacInfo, readOpus, readVorbisHead } from '../codecs/xiph.ts';
import type { FileBytes } from '../file-bytes.ts';
import { soundInfo } from '../streams.ts';
import { type OggCodec, STREAMINFO_AT } from './codecs.ts';
import { packetHeads } from './packet-heads.ts';
import type { OggPage } from './pages.ts';

/** Number of bytes at the end of a file in which FFmpeg searches for the last page, with a margin. */
const TAIL = 80_000;
/** Maximum number of bytes from the start of the last page with a time to the end of the file. FFmpeg reads 65,307 bytes. */
const NEAR_END = 60_000;
const PAGE = 'OggS';

/** The facts that the headers of a stream declare. */
interface Stream {
  sound: Sound;
  bitRate: number | null;
  /** Returns the time at which the stream begins, from the first page on which packets end. */
  begin?(page: OggPage, heads: Buffer[]): number;
  /** Throws `Unclear` for a packet after which FFmpeg would describe the stream differently. */
  check?(head: Buffer): void;
}

/**
 * Returns the facts that ffprobe would report about a rewritten file; null if they are unclear. The file lasts from the start of its first
 * packet to the time of its last page.
 */
export function oggInfo(
  file: FileBytes,
  head: { codec: OggCodec; packets: readonly Buffer[] },
  pages: Iterable<OggPage>,
): MediaInfo | null {
  return unlessUnclear(() => {
    const { sound, bitRate, begin, check } = STREAMS[head.codec.name](head.packets);
    const headsOf = packetHeads();
    let starts: number[] = [];
    let end = 0;
    let begins: number | null = null;
    let last = { at: 0, granule: 0n };
    for (const page of pages) {
      const { at, bytes, granule } = page;
      end = at + bytes;
      if (starts.length > 2 * TAIL) starts = starts.slice(TAIL);
      starts.push(at);
      if (granule > 0n) last = { at, granule };
      const heads = headsOf(page);
      if (heads.length > 0) begins ??= begin?.(page, heads) ?? 0;
      if (check) for (const packet of heads) check(packet);
    }
    mustBe(begins !== null && last.granule > 0n && end - last.at <= NEAR_END);
    const from = Math.max(starts[0]!, end - TAIL);
    requirePages(file.read(from, end - from), new Set(starts.map((at) => at - from)));
    return soundInfo({ demuxer: 'ogg', sizeBytes: file.size }, sound, {
      duration: Number(last.granule) - begins,
      bitRate,
    });
  });
}

const STREAMS: Readonly<Record<OggCodec['name'], (headers: readonly Buffer[]) => Stream>> = {
  opus: ([head]) => ({ sound: readOpus(head!), bitRate: null }),
  vorbis: readVorbisStream,
  flac([head]) {
    const { samples: _, ...sound } = readFlacInfo(head!.subarray(STREAMINFO_AT));
    return {
      sound,
      bitRate: null,
      begin(_page, heads) {
        requireFrames(heads[0]!, true, sound);
        return 0;
      },
    };
  },
};

/** The bit of the first byte of a packet that is set if the packet is not audio. */
const HEADER = 1;

function readVorbisStream([first, , setup]: readonly Buffer[]): Stream {
  const head = readVorbisHead(first!);
  const modes = readVorbisModes(setup!);
  return {
    sound: head.sound,
    bitRate: head.bitRate > 0 ? head.bitRate : null,
    begin({ granule, isLast }, heads) {
      // FFmpeg does not read a page that is both the first and the last page.
      if (isLast) return 0;
      return Math.max(0, Number(granule) - vorbisSamples(head, modes, heads));
    },
    // Comments between the audio may contain a picture, which becomes a stream.
    check: (packet) => mustBe(((packet[0] ?? 0) & HEADER) === 0),
  };
}

/** Throws `Unclear` if a part of a packet looks like a page, because FFmpeg would read it as a page. */
function requirePages(tail: Buffer, starts: ReadonlySet<number>): void {
  for (let at = tail.indexOf(PAGE); at >= 0; at = tail.indexOf(PAGE, at + 1)) mustBe(starts.has(at));
}

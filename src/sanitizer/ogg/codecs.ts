import { MEANINGFUL_COMMENT } from '../audio-files.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';

/* Codec headers are read, and rewritten without names, pictures and text. */

export interface OggCodec {
  /** FFmpeg's name of the codec. */
  name: 'opus' | 'vorbis' | 'flac';
  /** Granule positions per second. */
  rate: number;
  /** Whether all header packets after the first are present. FLAC flags its last header packet. */
  isDone(packets: readonly Buffer[]): boolean;
  /** Returns the rewritten header packets. The first packet gets a separate page. */
  describe(packets: readonly Buffer[]): Buffer[];
}

const VENDOR = Buffer.from('\x07\0\0\0Airlock\0\0\0\0', 'latin1');
/** Detects the codec from the first packet of a stream. Throws `NotRewritable` unless it is Opus, Vorbis or FLAC. */
export function readCodec(first: Buffer): OggCodec {
  if (begins(first, 'OpusHead')) return opus(first);
  if (begins(first, '\x01vorbis')) return vorbis(first);
  if (begins(first, '\x7fFLAC')) return flac(first);
  throw new NotRewritable('contains something other than one Opus, Vorbis or FLAC stream');
}

function begins(packet: Buffer | undefined, magic: string): boolean {
  return packet?.toString('latin1', 0, magic.length) === magic;
}

/** Throws `NotRewritable` if the comments, which are dropped, contain more than text. */
function checkComments(packet: Buffer): void {
  if (MEANINGFUL_COMMENT.test(packet.toString('latin1')))
    throw new NotRewritable('declares pictures or channels in its comments');
}

/** Reads the headers of Opus (RFC 7845, section 5.1). */
function opus(first: Buffer): OggCodec {
  const channels = first[9] ?? 0;
  const family = first[18] ?? 0;
  if (first.length < 19 || first[8]! >> 4 !== 0 || channels === 0) {
    throw new Rejected('invalid_media', 'does not describe its samples.');
  }
  if (first.length !== (family === 0 ? 19 : 21 + channels)) {
    throw new NotRewritable('describes its channels in a way that the reader does not support');
  }
  return {
    name: 'opus',
    rate: 48_000,
    isDone: ({ length }) => length === 1,
    describe([tags]) {
      if (!begins(tags, 'OpusTags')) throw new Rejected('invalid_media', 'does not describe its samples.');
      checkComments(tags!);
      return [first, Buffer.concat([Buffer.from('OpusTags'), VENDOR])];
    },
  };
}

/** Reads the headers of Vorbis (Vorbis I, section 4.2). */
function vorbis(first: Buffer): OggCodec {
  if (first.length !== 30 || first.readUInt32LE(7) !== 0 || first[11] === 0 || first[29] !== 1) {
    throw new Rejected('invalid_media', 'does not describe its samples.');
  }
  const rate = first.readUInt32LE(12);
  if (rate === 0) throw new Rejected('invalid_media', 'declares a sample rate of zero.');
  return {
    name: 'vorbis',
    rate,
    isDone: ({ length }) => length === 2,
    describe([comments, setup]) {
      if (!begins(comments, '\x03vorbis') || !begins(setup, '\x05vorbis')) {
        throw new Rejected('invalid_media', 'does not describe its samples.');
      }
      checkComments(comments!);
      return [first, Buffer.concat([Buffer.from('\x03vorbis', 'latin1'), VENDOR, Buffer.from([1])]), setup!];
    },
  };
}

const FLAC_FIRST = 51;
export const STREAMINFO_AT = 17;
const COMMENTS = 4;
const LAST_BLOCK = 0x80;

/** Reads the headers of FLAC (RFC 9639, section 10.1). */
function flac(first: Buffer): OggCodec {
  const isSupported = first.length === FLAC_FIRST && first[5] === 1 && first.toString('latin1', 9, 13) === 'fLaC';
  if (!isSupported || first.readUInt32BE(13) !== 34) {
    throw new NotRewritable('describes its samples in a way that the reader does not support');
  }
  const rate = first.readUIntBE(STREAMINFO_AT + 10, 3) >> 4;
  if (rate === 0) throw new Rejected('invalid_media', 'declares a sample rate of zero.');
  return {
    name: 'flac',
    rate,
    isDone: (packets) => packets.length > 0 && (packets.at(-1)![0]! & LAST_BLOCK) !== 0,
    describe(packets) {
      for (const packet of packets) {
        if ((packet[0]! & 0x7f) === 0x7f) {
          throw new Rejected('invalid_media', 'contains a metadata block of an invalid type.');
        }
        if ((packet[0]! & 0x7f) === COMMENTS) checkComments(packet);
      }
      const described = Buffer.from(first);
      // Another header packet follows.
      described.writeUInt16BE(1, 7);
      return [described, Buffer.concat([Buffer.from([LAST_BLOCK | COMMENTS, 0, 0, VENDOR.length]), VENDOR])];
    },
  };
}

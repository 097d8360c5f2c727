import { mustBe } from './bits.ts';
import type { Sound } from './types.ts';

/* Headers of the codecs of xiph.org. */

const OPUS_RATE = 48_000;
/** Maximum sample rate in hertz. No recording has a higher rate. */
const MAX_RATE = 1_000_000;

/** Reads the identification header of Opus (RFC 7845, 5.1), with the channel mapping of speakers. */
export function readOpus(head: Buffer): Sound {
  mustBe(head.length >= 19 && head.toString('latin1', 0, 8) === 'OpusHead' && head[8]! <= 15);
  const [channels, family] = [head[9]!, head[18]!];
  mustBe(channels > 0);
  if (family === 0) mustBe(channels <= 2);
  else {
    mustBe(family === 1 && channels <= 8 && head.length >= 21 + channels);
    const [streams, coupled] = [head[19]!, head[20]!];
    mustBe(streams > 0 && coupled <= streams && streams + coupled <= 255);
    for (const index of head.subarray(21, 21 + channels)) mustBe(index === 255 || index < streams + coupled);
  }
  return { codec: 'opus', profile: null, channels, sampleRate: OPUS_RATE, bitDepth: null };
}

/** Reads the first of the three headers of Vorbis as Matroska stores them. */
export function readVorbis(config: Buffer): Sound {
  mustBe(config.length > 3 && config[0] === 2);
  const lengths = [0, 0];
  let at = 1;
  for (const index of [0, 1]) {
    let byte = 255;
    while (byte === 255) {
      mustBe(at < config.length);
      byte = config[at++]!;
      lengths[index]! += byte;
    }
  }
  const head = config.subarray(at, at + lengths[0]!);
  const setup = config.subarray(at + lengths[0]! + lengths[1]!);
  mustBe(setup.toString('latin1', 0, 7) === '\x05vorbis');
  return readVorbisHead(head).sound;
}

/** The facts that the identification header of Vorbis declares. */
export interface VorbisHead {
  sound: Sound;
  /** Nominal bit rate in bits per second; 0 if it is not declared. */
  bitRate: number;
  /** Numbers of samples of a short block and of a long block. */
  blocks: readonly [number, number];
}

/** Reads the identification header of Vorbis (Vorbis I, 4.2.2). */
export function readVorbisHead(head: Buffer): VorbisHead {
  mustBe(head.length === 30 && head.toString('latin1', 0, 7) === '\x01vorbis' && head.readUInt32LE(7) === 0);
  const [channels, sampleRate, bitRate] = [head[11]!, head.readUInt32LE(12), head.readInt32LE(20)];
  mustBe(head[29] === 1 && channels > 0 && sampleRate > 0 && sampleRate <= MAX_RATE && bitRate >= 0);
  const [short, long] = [head[28]! & 15, head[28]! >> 4];
  mustBe(short >= 6 && short <= long && long <= 13);
  const sound = { codec: 'vorbis', profile: null, channels, sampleRate, bitDepth: null };
  return { sound, bitRate, blocks: [2 ** short, 2 ** long] };
}

const STREAMINFO = 34;

/** Reads `STREAMINFO` of FLAC (RFC 9639, 8.2). */
export function readFlacInfo(info: Buffer): Sound & { samples: number } {
  mustBe(info.length === STREAMINFO);
  const [smallest, largest] = [info.readUInt16BE(0), info.readUInt16BE(2)];
  mustBe(largest >= 16 && smallest <= largest);
  const sampleRate = info.readUIntBE(10, 3) >> 4;
  const channels = ((info[12]! >> 1) & 7) + 1;
  const bitDepth = (((info[12]! & 1) << 4) | (info[13]! >> 4)) + 1;
  mustBe(sampleRate > 0 && bitDepth >= 4);
  const samples = (info[13]! & 0x0f) * 2 ** 32 + info.readUInt32BE(14);
  return { codec: 'flac', profile: null, channels, sampleRate, bitDepth, samples };
}

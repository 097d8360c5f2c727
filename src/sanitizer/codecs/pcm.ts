import { mustBe } from './bits.ts';
import type { Sound } from './types.ts';

/** FFmpeg's names of the PCM codecs, by format and bits per sample. */
const CODECS: Readonly<Record<string, string>> = {
  ...{ '1 8': 'pcm_u8', '1 16': 'pcm_s16le', '1 24': 'pcm_s24le', '1 32': 'pcm_s32le' },
  ...{ '3 32': 'pcm_f32le', '3 64': 'pcm_f64le', '6 8': 'pcm_alaw', '7 8': 'pcm_mulaw' },
};
const EXTENSIBLE = 0xfffe;
const BASIC_BYTES: readonly number[] = [16, 18];
const EXTENSIBLE_BYTES = 40;
/** The bytes after the number of a format in the GUID of the extensible format. */
const FORMAT_GUID = Buffer.from('000000001000800000aa00389b71', 'hex');
const MAX_CHANNELS = 64;
const MAX_RATE = 1_000_000;

/** Returns FFmpeg's name of the codec of a WAV file from the description of its format; null for rarer codecs. */
export function waveCodec(format: Buffer): string | null {
  const declared = format.readUInt16LE(0);
  // The extensible format has the number of its format at the start of the GUID.
  const kind = declared === EXTENSIBLE && format.length >= 26 ? format.readUInt16LE(24) : declared;
  return CODECS[`${kind} ${format.readUInt16LE(14)}`] ?? null;
}

export interface WaveSound extends Sound {
  /** Number of bytes of one sample of all channels. */
  blockBytes: number;
  /** Bits per second, as declared. */
  bitRate: number;
}

/** Reads the description of a WAV file with plain samples. Throws `Unclear` for anything else. */
export function readWaveFormat(format: Buffer): WaveSound {
  const codec = waveCodec(format);
  mustBe(codec !== null);
  if (format.readUInt16LE(0) === EXTENSIBLE) {
    mustBe(format.length === EXTENSIBLE_BYTES && format.readUInt16LE(16) >= EXTENSIBLE_BYTES - 18);
    mustBe(format.subarray(26).equals(FORMAT_GUID) && [0, format.readUInt16LE(14)].includes(format.readUInt16LE(18)));
  } else mustBe(BASIC_BYTES.includes(format.length));
  const [channels, sampleRate, bytesPerSecond] = [
    format.readUInt16LE(2),
    format.readUInt32LE(4),
    format.readUInt32LE(8),
  ];
  const [blockBytes, bitDepth] = [format.readUInt16LE(12), format.readUInt16LE(14)];
  mustBe(channels > 0 && channels <= MAX_CHANNELS && sampleRate > 0 && sampleRate <= MAX_RATE && bytesPerSecond > 0);
  mustBe(blockBytes === (channels * bitDepth) / 8);
  return { codec, profile: null, channels, sampleRate, bitDepth, blockBytes, bitRate: bytesPerSecond * 8 };
}

/** Number of packets of samples in which FFmpeg searches for another format. Each packet lasts at most a tenth of a second. */
const SEARCHED_PACKETS = 32;
const PACKETS_PER_SECOND = 10;

/** Returns the number of bytes at the start of the samples in which FFmpeg searches for another format. */
export function searchedBytes(sampleRate: number, blockBytes: number): number {
  return Math.max(SPDIF_BYTES, SEARCHED_PACKETS * Math.max(1, Math.ceil(sampleRate / PACKETS_PER_SECOND)) * blockBytes);
}

const SPDIF_BYTES = 64 * 1024;
/** Words that begin the frames of DTS and TrueHD, and the bursts of S/PDIF. */
const SYNC_WORDS = ['7ffe8001', 'fe7f0180', '1fffe800', 'ff1f00e8', '64582025', 'f8726fba', '72f81f4e'].map((word) =>
  Buffer.from(word, 'hex'),
);

/**
 * Throws `Unclear` if samples may be frames of a compressed format, which FFmpeg searches for in samples of 16 bits. FFmpeg recognizes
 * frames at the very start, or many frames of DTS or TrueHD.
 */
export function requireSamples(bytes: Buffer): void {
  for (const word of SYNC_WORDS) mustBe(!bytes.includes(word));
  mustBe(!bytes.subarray(0, 3).equals(Buffer.from('ID3')));
  const start = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  // Reject the start of AC-3 in either byte order, also after a time stamp, and of AAC in ADTS or LOAS frames.
  mustBe(start !== 0x0b77 && start !== 0x770b && start !== 0x0110);
  mustBe((start & 0xfff6) !== 0xfff0 && (start & 0xffe0) !== 0x56e0);
  // MPEG audio may follow silence.
  const first = bytes.findIndex((byte) => byte !== 0);
  mustBe(first < 0 || !beginsMpegAudio(bytes.subarray(first, first + 4)));
}

function beginsMpegAudio(header: Buffer): boolean {
  if (header.length < 4) return false;
  const [sync, layer, bitRate, rate] = [
    header.readUInt16BE(0) >> 5,
    (header[1]! >> 1) & 3,
    header[2]! >> 4,
    (header[2]! >> 2) & 3,
  ];
  return sync === 0x7ff && layer !== 0 && bitRate !== 0 && bitRate !== 15 && rate !== 3;
}

import type { MediaInfo } from '../ffmpeg/index.ts';
import { audioFacts } from './audio-facts.ts';
import { mustBe, unlessUnclear } from './codecs/bits.ts';
import { requireFrames } from './codecs/flac-frames.ts';
import { readWaveFormat, requireSamples, searchedBytes, waveCodec } from './codecs/pcm.ts';
import { readFlacInfo } from './codecs/xiph.ts';
import { copyRange } from './copy-ranges.ts';
import type { FileBytes } from './file-bytes.ts';
import { checkLength } from './limits.ts';
import { soundInfo } from './streams.ts';
import type { Reading, Write } from './types.ts';
import { NotRewritable, Rejected, Truncated } from './verdicts.ts';

const MAX_CHUNKS = 10_000;
/** Types of chunks with names, markers, loudness or padding. None of these chunks changes the audio. */
const METADATA_CHUNKS = new Set([
  ...['LIST', 'JUNK', 'junk', 'PAD ', 'FLLR', 'bext', 'iXML', 'axml', 'cue ', 'smpl', 'inst', 'acid', 'PEAK', 'fact'],
  ...['minf', 'elm1', 'regn', 'umid', 'DGDA', '_PMX', 'afsp', 'ds64'],
]);
/**
 * Numbers of the formats that are read: integers, floats, A-law, μ-law, and the extensible format, which names one of the others in its
 * extension.
 */
const PCM_FORMATS = new Set([1, 3, 6, 7, 0xfffe]);
/** Maximum number of bytes in which the reader searches for compressed audio: several seconds at any usual rate. */
const MAX_SEARCHED = 16 * 2 ** 20;
/** Maximum number of bytes of samples: the limit of 32-bit sizes, minus the headers. */
const MAX_DATA = 2 ** 32 - 1024;
/** Number of declared bytes from which the length is a placeholder. */
const UNKNOWN_LENGTH = 0x7fff_0000;

/** Reads a WAV file (RIFF): the format of its samples, and their position. */
export function readWave(file: FileBytes): Reading {
  if (file.size < 12 || file.read(8, 4).toString('latin1') !== 'WAVE')
    throw new Rejected('invalid_media', 'is not a WAV file.');
  let format: Buffer | null = null;
  let data: { from: number; bytes: number } | null = null;
  let at = 12;
  for (let count = 0; at + 8 <= file.size; count++) {
    if (count > MAX_CHUNKS) throw new Rejected('invalid_media', 'contains more chunks than any real file.');
    const head = file.read(at, 8);
    const [type, bytes] = [head.toString('latin1', 0, 4), head.readUInt32LE(4)];
    if (at + 8 + bytes > file.size)
      throw new Truncated(undefined, type === 'data' ? declaredLength(format, bytes) : null);
    if (type === 'fmt ') format ??= Buffer.from(file.read(at + 8, Math.min(bytes, 40)));
    else if (type === 'data') data ??= { from: at + 8, bytes };
    else if (!METADATA_CHUNKS.has(type)) throw new NotRewritable('contains a chunk that the reader does not support');
    at += 8 + bytes + (bytes % 2);
  }
  if (!format || format.length < 16 || !data)
    throw new Rejected('invalid_media', 'has no samples, or does not describe them.');
  const [blocks, rate] = [format.readUInt16LE(12), format.readUInt32LE(4)];
  if (!PCM_FORMATS.has(format.readUInt16LE(0))) throw new NotRewritable('contains compressed audio');
  if (blocks === 0 || rate === 0) {
    throw new Rejected('invalid_media', 'declares a sample rate or a block size of zero.');
  }
  if (data.bytes > MAX_DATA || data.bytes === 0) throw new NotRewritable('does not declare its length');
  checkLength(data.bytes / blocks / rate);
  const [description, samples] = [format, data];
  const write: Write = (out, mediaBytes) => {
    const headers = Buffer.alloc(12 + 8);
    headers.write('RIFF', 0, 'latin1');
    headers.writeUInt32LE(4 + 8 + description.length + 8 + samples.bytes, 4);
    headers.write('WAVEfmt ', 8, 'latin1');
    headers.writeUInt32LE(description.length, 16);
    const data = Buffer.alloc(8);
    data.write('data', 0, 'latin1');
    data.writeUInt32LE(samples.bytes, 4);
    for (const bytes of [headers, description, data]) out.write(bytes);
    copyRange(file, out, samples.from, samples.bytes, mediaBytes);
  };
  const facts = audioFacts(waveCodec(format), Math.floor(data.bytes / blocks) / rate);
  return { write, seconds: null, still: null, facts, describe: () => describeWave(file, description, samples) };
}

/** Returns the duration of the declared samples. Programs that do not know the length of their output declare a huge length. */
function declaredLength(format: Buffer | null, bytes: number): number | null {
  if (!format || format.length < 16 || !PCM_FORMATS.has(format.readUInt16LE(0)) || bytes >= UNKNOWN_LENGTH) return null;
  const bytesPerSecond = format.readUInt32LE(4) * format.readUInt16LE(12);
  return bytesPerSecond > 0 ? bytes / bytesPerSecond : null;
}

/** Returns the facts that ffprobe would report about the rewritten file; null if they are unclear. */
function describeWave(file: FileBytes, format: Buffer, data: { from: number; bytes: number }): MediaInfo | null {
  return unlessUnclear(() => {
    const { blockBytes, bitRate, ...sound } = readWaveFormat(format);
    const searched = Math.min(data.bytes, searchedBytes(sound.sampleRate, blockBytes));
    mustBe(searched <= MAX_SEARCHED);
    requireSamples(file.read(data.from, searched));
    const duration = Math.floor(data.bytes / blockBytes);
    return soundInfo({ demuxer: 'wav', sizeBytes: file.size }, sound, { duration, bitRate });
  });
}

const STREAMINFO = 34;
const COMMENTS = 4;
const PICTURE = 6;
const INVALID = 127;
/** Comments that FFmpeg turns into streams or channel layouts. */
export const MEANINGFUL_COMMENT = /METADATA_BLOCK_PICTURE|COVERART|CHANNEL_MASK/i;

/** Reads a FLAC file: its stream information, and the position of its first frame. */
export function readFlac(file: FileBytes): Reading {
  if (file.size < 42 || file.read(0, 4).toString('latin1') !== 'fLaC')
    throw new NotRewritable('begins with other data');
  let info: Buffer | null = null;
  let at = 4;
  for (let count = 0; ; count++) {
    if (count > 128) throw new Rejected('invalid_media', 'contains more metadata blocks than any real file.');
    const head = file.read(at, 4);
    const [last, type, bytes] = [head[0]! & 0x80, head[0]! & 0x7f, head.readUIntBE(1, 3)];
    if (type === INVALID) throw new Rejected('invalid_media', 'contains a metadata block of an invalid type.');
    if (type === 0) info ??= Buffer.from(file.read(at + 4, bytes));
    if (type === PICTURE) throw new NotRewritable('has cover art');
    if (type === COMMENTS && MEANINGFUL_COMMENT.test(file.read(at + 4, bytes).toString('latin1'))) {
      throw new NotRewritable('declares pictures or channels in its comments');
    }
    at += 4 + bytes;
    if (last) break;
  }
  if (info?.length !== STREAMINFO) throw new Rejected('invalid_media', 'does not describe its samples.');
  const rate = info.readUIntBE(10, 3) >> 4;
  const samples = (info[13]! & 0x0f) * 2 ** 32 + info.readUInt32BE(14);
  if (rate === 0) throw new Rejected('invalid_media', 'declares a sample rate of zero.');
  checkLength(samples / rate);
  const [description, from] = [info, at];
  const write: Write = (out, mediaBytes) => {
    out.write(Buffer.from([...Buffer.from('fLaC'), 0x80, 0, 0, STREAMINFO]));
    out.write(description);
    copyRange(file, out, from, file.size - from, mediaBytes);
  };
  const describe = () => describeFlac(file, description, from);
  return { write, seconds: null, still: null, facts: audioFacts('flac', samples / rate), describe };
}

/** Number of bytes that contain more frames than ffprobe reads, at any usual rate. */
const FIRST_FRAMES = 4 * 2 ** 20;

/** Returns the facts that ffprobe would report about the rewritten file; null if they are unclear. */
function describeFlac(file: FileBytes, description: Buffer, from: number): MediaInfo | null {
  return unlessUnclear(() => {
    const { samples, ...sound } = readFlacInfo(description);
    const left = file.size - from;
    requireFrames(file.read(from, Math.min(left, FIRST_FRAMES)), left <= FIRST_FRAMES, sound);
    return soundInfo({ demuxer: 'flac', sizeBytes: file.size }, sound, { duration: samples, bitRate: null });
  });
}

import { copyRanges } from '../copy-ranges.ts';
import type { FileBytes, FileOut } from '../file-bytes.ts';
import { NotRewritable } from '../verdicts.ts';
import { arrange } from './arrange.ts';
import { makeBox, makeFullBox, u32 } from './boxes.ts';
import type { Movie, TextTrack, Track } from './movie.ts';
import { chapterData } from './movie-text.ts';
import type { OutputHead } from './output-head.ts';

type WrittenMovie = Omit<Movie, 'tracks'> & { tracks: readonly (Track | TextTrack)[] };

/** Returns the movie with its subtitles after its other tracks, so that the numbers of video and audio stay the same. */
export function withSubtitles(movie: Movie): WrittenMovie {
  return { ...movie, tracks: [...movie.tracks, ...(movie.subtitles ?? [])] };
}

/**
 * Writes a movie as a plain file: first the index, then the samples in their original order. Copies at most `mediaBytes` bytes of the
 * samples. The remaining bytes become a hole. Omit `head` for a container that FFmpeg reads.
 */
export function writeMovie(
  movie: WrittenMovie,
  file: FileBytes,
  out: FileOut,
  mediaBytes: number | null,
  head: OutputHead = plainHead(movie),
): void {
  const layout = arrange(movie.tracks);
  if (layout.bytes > file.size) throw new NotRewritable('uses its data several times');
  const tracksAt = (dataAt: number) =>
    movie.tracks.map((track, index) =>
      makeTrack(
        track,
        { index, name: track.kind === 'text' ? '' : head.handlers[track.kind] },
        layout.offsets[index]!,
        dataAt,
      ),
    );
  const sizes = tracksAt(0).map(({ length }) => length);
  const indexBytes = sizes.reduce((sum, size) => sum + size, makeBox('mvhd').length + 8 + MOVIE_HEADER);
  const dataAt = head.type.length + indexBytes + head.userData.length + 16;
  out.write(head.type);
  out.write(makeBox('moov', movieHeader(movie), ...tracksAt(dataAt), head.userData));
  const mdat = Buffer.alloc(16);
  mdat.writeUInt32BE(1, 0);
  mdat.write('mdat', 4, 'latin1');
  mdat.writeBigUInt64BE(BigInt(layout.bytes + 16), 8);
  out.write(mdat);
  if (out.position !== dataAt) throw new Error('The index of a movie has an unexpected size.');
  out.settle();
  copyRanges(file, out, layout.ranges, mediaBytes);
}

function plainHead({ brand, text }: WrittenMovie): OutputHead {
  const name = Buffer.from(brand, 'latin1');
  return {
    type: makeBox('ftyp', name, u32(0x200), name),
    userData: chapterData(text?.chapters ?? []),
    handlers: { video: '', audio: '' },
  };
}

const NORMAL_RATE = 0x10000;
const FRAGMENTED_BRANDS = 'iso6mp41dashcmfc';
/** Defaults for samples of fragments: the first description, and nothing else. */
const FRAGMENT_DEFAULTS = [1, 1, 0, 0, 0] as const;

/**
 * Writes the initialization section of fragmented files with this track, which contains everything except samples. `hidden` units of the
 * track are not shown.
 */
export function writeInitialization(
  movie: Movie,
  { track, hidden }: { track: Track; hidden: number },
  out: FileOut,
): void {
  const none = { count: 0, offsets: new Float64Array(), bytes: new Float64Array(), samples: new Uint32Array() };
  const rows = Buffer.alloc(0);
  const samples = {
    count: 0,
    size: 0,
    sizes: rows,
    durations: rows,
    offsets: null,
    keys: null,
    groups: [],
    chunks: none,
  };
  // A duration of zero means the entire presentation.
  const edits = hidden === 0 ? null : [{ duration: 0, mediaTime: hidden, rate: NORMAL_RATE }];
  const empty = { ...track, duration: 0, media: { ...track.media, duration: 0 }, edits, samples };
  const defaults = makeBox('mvex', makeFullBox('trex', 0, 0, u32(...FRAGMENT_DEFAULTS)));
  out.write(makeBox('ftyp', Buffer.from('iso6'), u32(0), Buffer.from(FRAGMENTED_BRANDS)));
  const header = movieHeader({ ...movie, duration: 0, tracks: [empty] });
  out.write(makeBox('moov', header, makeTrack(empty, { index: 0, name: '' }, none.offsets, 0), defaults));
}

const MOVIE_HEADER = 4 + 28 + 80;

function movieHeader(movie: WrittenMovie): Buffer {
  const duration = Buffer.alloc(8);
  duration.writeBigUInt64BE(BigInt(Math.trunc(movie.duration)));
  return makeFullBox(
    'mvhd',
    1,
    0,
    ...[Buffer.alloc(16), u32(movie.timescale), duration, u32(0x10000), Buffer.from([1, 0]), Buffer.alloc(10)],
    ...[movie.matrix, Buffer.alloc(24), u32(movie.tracks.length + 1)],
  );
}

/** The type of the handler of each kind of track, and the header of its media. */
const KINDS = {
  video: { type: 'vide', header: makeFullBox('vmhd', 0, 1, Buffer.alloc(8)) },
  audio: { type: 'soun', header: makeFullBox('smhd', 0, 0, Buffer.alloc(4)) },
  text: { type: 'sbtl', header: makeFullBox('nmhd', 0, 0) },
} as const;

function makeTrack(
  track: Track | TextTrack,
  { index, name }: { index: number; name: string },
  offsets: Float64Array,
  dataAt: number,
): Buffer {
  const { media, samples } = track;
  const { type, header } = KINDS[track.kind];
  const handler = makeFullBox('hdlr', 0, 0, u32(0), Buffer.from(type), Buffer.alloc(12), Buffer.from(`${name}\0`));
  const dinf = makeBox('dinf', makeFullBox('dref', 0, 0, u32(1), makeFullBox('url ', 0, 1)));
  const chunkOffsets = Buffer.alloc(offsets.length * 8);
  for (const [chunk, offset] of offsets.entries()) chunkOffsets.writeBigUInt64BE(BigInt(dataAt + offset), chunk * 8);
  const counted = (type: string, version: number, rows: Buffer, rowBytes: number) =>
    makeFullBox(type, version, 0, u32(rows.length / rowBytes), rows);
  const stbl = makeBox(
    'stbl',
    makeFullBox('stsd', 0, 0, u32(1), track.entry),
    counted('stts', 0, samples.durations, 8),
    ...(samples.offsets ? [counted('ctts', samples.offsets.version, samples.offsets.pairs, 8)] : []),
    ...(samples.keys ? [counted('stss', 0, samples.keys, 4)] : []),
    ...samples.groups,
    counted('stsc', 0, chunkRuns(samples.chunks.samples), 12),
    makeFullBox('stsz', 0, 0, u32(samples.size, samples.count), samples.sizes),
    counted('co64', 0, chunkOffsets, 8),
  );
  const mdia = makeBox('mdia', mediaHeader(media), handler, makeBox('minf', header, dinf, stbl));
  return makeBox('trak', trackHeader(track, index), ...editList(track), mdia);
}

function trackHeader(track: Track | TextTrack, index: number): Buffer {
  const [duration, tail] = [Buffer.alloc(8), Buffer.alloc(16)];
  duration.writeBigUInt64BE(BigInt(Math.trunc(track.duration)));
  tail.writeUInt16BE(track.alternateGroup, 10);
  tail.writeUInt16BE(track.volume, 12);
  return makeFullBox(
    'tkhd',
    1,
    track.flags,
    ...[Buffer.alloc(16), u32(index + 1, 0), duration, tail, track.matrix, u32(track.width, track.height)],
  );
}

function mediaHeader(media: Track['media']): Buffer {
  const [duration, language] = [Buffer.alloc(8), Buffer.alloc(4)];
  duration.writeBigUInt64BE(BigInt(Math.trunc(media.duration)));
  language.writeUInt16BE(media.language, 0);
  return makeFullBox('mdhd', 1, 0, Buffer.alloc(16), u32(media.timescale), duration, language);
}

function editList(track: Track | TextTrack): Buffer[] {
  if (!track.edits) return [];
  const rows = Buffer.alloc(track.edits.length * 20);
  for (const [index, edit] of track.edits.entries()) {
    rows.writeBigUInt64BE(BigInt(edit.duration), index * 20);
    rows.writeBigInt64BE(BigInt(edit.mediaTime), index * 20 + 8);
    rows.writeUInt32BE(edit.rate, index * 20 + 16);
  }
  return [makeBox('edts', makeFullBox('elst', 1, 0, u32(track.edits.length), rows))];
}

/** Returns the rows of `stsc`. Consecutive chunks with the same number of samples share a row. */
function chunkRuns(samples: Uint32Array): Buffer {
  const rows: number[] = [];
  for (const [chunk, count] of samples.entries()) {
    if (chunk === 0 || samples[chunk - 1] !== count) rows.push(chunk + 1, count, 1);
  }
  const bytes = Buffer.alloc(rows.length * 4);
  for (const [index, value] of rows.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

import type { FileBytes } from '../file-bytes.ts';
import { refuseStreams } from '../limits.ts';
import { NotRewritable, Refused } from '../verdicts.ts';
import { type Box, type BoxBudget, boxBudget, boxesIn, boxMap, content } from './boxes.ts';
import { joinFragments } from './join-fragments.ts';
import type { Movie, Track } from './movie.ts';
import { readTrack } from './read-track.ts';

/** Twelve hours of pictures and sound have an index of some 40 MB. */
const MAX_INDEX_BYTES = 128 * 2 ** 20;

/**
 * Reads the index of an ISO media file (ISO/IEC 14496-12 and QuickTime). Throws `Refused` for what no player would
 * make sense of, and `NotRewritable` where something would be lost.
 */
export function readMovie(file: FileBytes): Movie {
  const budget = boxBudget();
  const { moov, brand, moofs, indexed } = findIndex(file, budget);
  const parts = boxMap(file, moov, budget);
  const header = parts.get('mvhd');
  if (!header) throw new Refused('invalid_media', 'has an index without a header.');
  const traks = [...boxesIn(file, moov.body, moov.end, budget)].filter((box) => box.type === 'trak');
  refuseStreams(traks.length);
  const tracks = traks.map((trak) => readTrack(file, trak, budget));
  if (parts.has('cmov')) throw new NotRewritable('has a compressed index');
  refuseCovers(file, parts, budget);
  const isFragmented = moofs.length > 0 || parts.has('mvex');
  const movie = { brand, ...readHeader(content(file, header, 1024, 100)), tracks: keptTracks(tracks), isFragmented };
  return joinFragments(file, movie, { defaults: parts.get('mvex'), moofs, indexed }, budget);
}

function findIndex(file: FileBytes, budget: BoxBudget) {
  let brand: Movie['brand'] = 'qt  ';
  const moofs: Box[] = [];
  let [indexed, early] = [false, false];
  let moov: Box | null = null;
  for (const box of boxesIn(file, 0, file.size, budget, true)) {
    if (box.type === 'ftyp') {
      if (content(file, box, 4096, 8).toString('latin1', 0, 4) !== 'qt  ') brand = 'isom';
    } else if (box.type === 'moov') moov ??= box;
    else if (box.type === 'moof') {
      if (moov) moofs.push(box);
      else early = true;
    } else if (box.type === 'sidx') indexed = true;
  }
  if (!moov) throw new Refused('invalid_media', 'has no index (moov): it may be cut off.');
  if (moov.end > file.size) throw new Refused('invalid_media', 'is cut off inside its index (moov).');
  if (moov.end - moov.start > MAX_INDEX_BYTES) throw new Refused('invalid_media', 'has an index of absurd size.');
  if (early) throw new NotRewritable('has fragments before its index');
  return { moov, brand, moofs, indexed };
}

function readHeader(bytes: Buffer): Pick<Movie, 'timescale' | 'duration' | 'matrix'> {
  const long = bytes[0] === 1;
  const timescale = bytes.readUInt32BE(long ? 20 : 12);
  const duration = long ? Number(bytes.readBigUInt64BE(24)) : bytes.readUInt32BE(16);
  const at = (long ? 32 : 20) + 16;
  if (bytes.length < at + 36) throw new Refused('invalid_media', 'has an index without a header.');
  if (timescale === 0) throw new NotRewritable('counts time in nothing');
  return { timescale, duration, matrix: bytes.subarray(at, at + 36) };
}

/** Cover art becomes a stream of its own in FFmpeg. */
function refuseCovers(file: FileBytes, parts: Map<string, Box>, budget: BoxBudget): void {
  for (const holder of [parts.get('udta'), parts.get('meta')]) {
    if (!holder) continue;
    const length = Math.min(holder.end - holder.body, 2 ** 20);
    if (file.read(holder.body, length).includes('covr')) throw new NotRewritable('has cover art');
  }
  budget.left--;
}

/**
 * Pictures and sound. What else there is (subtitles, time codes, measurements) never reaches an output; it may only be
 * left out behind the rest, for options name streams by their number.
 */
function keptTracks(tracks: (Track | null)[]): Track[] {
  const kept = tracks.filter((track) => track !== null);
  if (kept.length === 0) throw new NotRewritable('has neither pictures nor sound');
  if (tracks.slice(0, kept.length).includes(null)) throw new NotRewritable('has other data between its streams');
  return kept;
}

import type { FileBytes } from '../file-bytes.ts';
import { rejectStreams } from '../limits.ts';
import { NoStreams, NotRewritable, Rejected } from '../verdicts.ts';
import { type Box, type BoxBudget, boxBudget, boxesIn, boxMap, content } from './boxes.ts';
import { rejectEncrypted } from './encrypted.ts';
import { joinFragments } from './join-fragments.ts';
import type { Movie, Track } from './movie.ts';
import { readMovieText } from './movie-text.ts';
import { readTrack } from './read-track.ts';

/** Maximum size of an index in bytes. The index of twelve hours of video and audio has about 40 MB. */
const MAX_INDEX_BYTES = 128 * 2 ** 20;

/**
 * Reads the index of an ISO media file (ISO/IEC 14496-12 and QuickTime). Throws `Rejected` if no player could read the file, and
 * `NotRewritable` if remuxing would lose something.
 */
export function readMovie(file: FileBytes): Movie {
  const budget = boxBudget();
  const { moov, brand, moofs, indexed } = findIndex(file, budget);
  const parts = boxMap(file, moov, budget);
  const header = parts.get('mvhd');
  if (!header) throw new Rejected('invalid_media', 'has an index without a header.');
  const traks = [...boxesIn(file, moov.body, moov.end, budget)].filter((box) => box.type === 'trak');
  rejectStreams(traks.length);
  rejectEncrypted(file, traks, budget);
  const tracks = traks.map((trak) => readTrack(file, trak, budget));
  if (parts.has('cmov')) throw new NotRewritable('has a compressed index');
  rejectCovers(file, parts, budget);
  const isFragmented = moofs.length > 0 || parts.has('mvex');
  const texts = readMovieText(file, { traks, userData: parts.get('udta'), tracks: keptTracks(tracks) }, budget);
  const movie = {
    brand,
    ...readHeader(content(file, header, 1024, 100)),
    tracks: keptTracks(tracks),
    isFragmented,
    // The samples of subtitles may be in fragments, which are not read.
    ...(isFragmented ? { text: { ...texts.text, tracks: [] } } : texts),
  };
  return joinFragments(file, movie, { defaults: parts.get('mvex'), moofs, indexed }, budget);
}

function findIndex(file: FileBytes, budget: BoxBudget) {
  let brand: Movie['brand'] = 'qt  ';
  const moofs: Box[] = [];
  let [indexed, hasEarlyFragments] = [false, false];
  let moov: Box | null = null;
  for (const box of boxesIn(file, 0, file.size, budget, true)) {
    if (box.type === 'ftyp') {
      if (content(file, box, 4096, 8).toString('latin1', 0, 4) !== 'qt  ') brand = 'isom';
    } else if (box.type === 'moov') moov ??= box;
    else if (box.type === 'moof') {
      if (moov) moofs.push(box);
      else hasEarlyFragments = true;
    } else if (box.type === 'sidx') indexed = true;
  }
  if (!moov) throw new Rejected('invalid_media', 'has no index (moov): it may be cut off.');
  if (moov.end > file.size) throw new Rejected('invalid_media', 'is cut off inside its index (moov).');
  if (moov.end - moov.start > MAX_INDEX_BYTES) throw new Rejected('invalid_media', 'has an index of absurd size.');
  if (hasEarlyFragments) throw new NotRewritable('has fragments before its index');
  return { moov, brand, moofs, indexed };
}

function readHeader(bytes: Buffer): Pick<Movie, 'timescale' | 'duration' | 'matrix'> {
  const long = bytes[0] === 1;
  const timescale = bytes.readUInt32BE(long ? 20 : 12);
  const duration = long ? Number(bytes.readBigUInt64BE(24)) : bytes.readUInt32BE(16);
  const at = (long ? 32 : 20) + 16;
  if (bytes.length < at + 36) throw new Rejected('invalid_media', 'has an index without a header.');
  if (timescale === 0) throw new NotRewritable('has a time scale of zero');
  return { timescale, duration, matrix: bytes.subarray(at, at + 36) };
}

/** Throws if the file has cover art, because FFmpeg turns cover art into a separate stream. */
function rejectCovers(file: FileBytes, parts: Map<string, Box>, budget: BoxBudget): void {
  for (const box of [parts.get('udta'), parts.get('meta')]) {
    if (!box) continue;
    const length = Math.min(box.end - box.body, 2 ** 20);
    if (file.read(box.body, length).includes('covr')) throw new NotRewritable('has cover art');
  }
  budget.left--;
}

/**
 * Keeps video and audio. Other tracks (time codes, telemetry) never reach an output. They and subtitles can be dropped only if they come last,
 * because options refer to streams by number.
 */
function keptTracks(tracks: (Track | null)[]): Track[] {
  const kept = tracks.filter((track) => track !== null);
  if (kept.length === 0) throw new NoStreams('has neither video nor audio');
  if (tracks.slice(0, kept.length).includes(null)) throw new NotRewritable('has other data between its streams');
  return kept;
}

import type { RewrittenDemuxer } from '../contract/containers.ts';
import { readFlac, readWave } from './audio-files.ts';
import { readAdts } from './elementary/adts.ts';
import { readMp3 } from './elementary/mp3.ts';
import { createNothing, type FileBytes, openBytes, writeTo } from './file-bytes.ts';
import { readHeif } from './heif/read-heif.ts';
import { imageInfo } from './images/image-info.ts';
import { turnsOf } from './images/orientation.ts';
import { stillFacts } from './images/still-facts.ts';
import { movieFacts } from './isobmff/movie-facts.ts';
import { movieFrames } from './isobmff/movie-frames.ts';
import { movieInfo, movieMayHaveFields } from './isobmff/movie-info.ts';
import { moviePackets } from './isobmff/movie-packets.ts';
import { movieChangesSize } from './isobmff/movie-sizes.ts';
import { withDecodableText } from './isobmff/movie-text.ts';
import { readMovie } from './isobmff/read-movie.ts';
import { videoTimings } from './isobmff/track-times.ts';
import { withSubtitles, writeMovie } from './isobmff/write-movie.ts';
import { readMatroska } from './matroska/rewrite.ts';
import { secondsWithoutJumps } from './mpegts/clock.ts';
import { readOgg } from './ogg/rewrite.ts';
import { summariseText } from './source-text.ts';
import { infoFacts } from './streams.ts';
import type { ContainerFacts, Reading, SanitizeRequest, SanitizeResult, Write } from './types.ts';
import { NotRewritable, Rejected, SeveralDescriptions, Truncated } from './verdicts.ts';

/**
 * Sanitizes one file: reads it, and remuxes its container if this loses nothing. Throws `Rejected`. Runs in its own thread, because an
 * attacker controls every byte of the file.
 */
export async function sanitizeFile(request: SanitizeRequest): Promise<SanitizeResult> {
  const file = openBytes(request.path);
  try {
    const found = readAndWrite(request, file);
    const container = request.target === null ? 'original' : 'rewritten';
    const demuxer = found.still ? 'mov' : request.demuxer;
    return { container, demuxer, reason: null, ...found };
  } catch (error) {
    if (error instanceof NotRewritable) {
      // FFmpeg would decode a single tile of such a file, or ignore its transparency and rotation.
      if (request.demuxer === 'heif') throw new Rejected('unsupported_media', `${error.message}.`);
      const { demuxer } = request;
      const clockSeconds = demuxer === 'mpegts' ? secondsWithoutJumps(file) : null;
      await checkDeclared(request, clockSeconds);
      // The first bytes of a picture contain enough facts for an output.
      const early = stillFacts(file, demuxer);
      const read = request.target === null && early ? null : imageInfo(file, demuxer);
      const facts = early ?? infoFacts(read);
      const info = request.target === null ? null : read;
      const nothing = { seconds: null, still: null, packets: null, frames: null, text: null };
      const changesSize = error instanceof SeveralDescriptions && error.haveSizes ? true : undefined;
      const turns = request.target !== null ? turnsOf(file, demuxer) : [];
      const truncation = error instanceof Truncated ? { truncation: error.truncation } : {};
      const corrections = { turns, clockSeconds, changesSize, ...truncation };
      return { container: 'original', demuxer, reason: error.message, facts, info, corrections, ...nothing };
    }
    // A table ended early, and no reader reported a more precise reason.
    if (error instanceof RangeError) throw new Rejected('invalid_media', 'ends before what it declares.');
    throw error;
  } finally {
    file.close();
  }
}

/** Readers by FFmpeg demuxer. The new container uses the same demuxer, except for `heif`, which becomes `mov`. */
const READERS: Readonly<Record<RewrittenDemuxer, (file: FileBytes) => Reading>> = {
  mov: (file) => {
    const movie = withDecodableText(readMovie(file), file);
    const write: Write = (out, mediaBytes) => writeMovie(withSubtitles(movie), file, out, mediaBytes);
    const reading = withOwnLength(write, movieFacts(movie));
    const { text } = movie;
    return {
      ...reading,
      ...(text && { text: () => summariseText(text) }),
      describe: () => movieInfo(movie, file),
      packets: (isScanned) => moviePackets(movie, file, isScanned),
      frames: () => movieFrames(movie, file),
      corrections: (info) => ({
        ...(!info && { timings: videoTimings(movie) }),
        mayHaveFields: !info && movieMayHaveFields(movie),
        changesSize: movieChangesSize(movie, file),
      }),
    };
  },
  matroska: readMatroska,
  mp3: readMp3,
  aac: readAdts,
  ogg: (file) => {
    const { write, ...more } = readOgg(file);
    return { ...withOwnLength(write), ...more };
  },
  wav: readWave,
  flac: readFlac,
  heif: (file) => {
    const { movie, still } = readHeif(file);
    return { ...withOwnLength((out, mediaBytes) => writeMovie(movie, file, out, mediaBytes)), still };
  },
};

/** Returns the reading of a container that declares its duration reliably. */
function withOwnLength(write: Write, facts: ContainerFacts | null = null): Reading {
  return { write, seconds: null, still: null, facts };
}

function readAndWrite(
  request: SanitizeRequest,
  file: FileBytes,
): Omit<SanitizeResult, 'container' | 'demuxer' | 'reason'> {
  const { demuxer, target, mediaBytes } = request;
  if (!Object.hasOwn(READERS, demuxer)) {
    throw new NotRewritable(`has a format (${demuxer}) that cannot be rewritten`);
  }
  const reading = READERS[demuxer as RewrittenDemuxer](file);
  const { write, describe, corrections, packets, frames, text, ...facts } = reading;
  const found = {
    ...facts,
    packets: (request.packets && packets?.(request.packets !== 'listed')) || null,
    frames: (request.frames && frames?.()) || null,
  };
  if (target === null) {
    const known = facts.facts ?? infoFacts(describe?.() ?? null);
    return { ...found, facts: known, info: null, text: null, corrections: {} };
  }
  const info = describe?.() ?? null;
  // Only the copy shows which subtitles FFmpeg can decode.
  const hasSubtitles = mediaBytes === null && (text?.().tracks.length ?? 0) > 0;
  if ((info || request.isDescribed) && request.unlessDescribed && !hasSubtitles) write(createNothing(), 0);
  else writeTo(target, (out) => write(out, mediaBytes));
  return {
    ...found,
    info,
    text: text?.() ?? null,
    // A description that is already known has been corrected.
    corrections: request.isDescribed ? {} : (corrections?.(info) ?? {}),
  };
}

/** Demuxers of files that are kept as they are, but whose declarations are checked (`facts.ts`). */
const FACTS_OF: ReadonlySet<string> = new Set(['mpegts', 'mp3', 'aac', 'wav', 'flac']);

/** Checks the declarations of a file. Imports the library only when needed, because loading it takes longer than reading most files. */
async function checkDeclared({ demuxer, path }: SanitizeRequest, seconds: number | null): Promise<void> {
  if (!FACTS_OF.has(demuxer)) return;
  const { checkFacts } = await import('./facts.ts');
  await checkFacts(path, seconds);
}

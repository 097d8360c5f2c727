import { createCipheriv } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_SUBTITLE_BYTES } from '../../contract/limits.ts';
import { type FileBytes, type FileOut, openBytes, writeTo } from '../file-bytes.ts';
import { writeInitialization } from '../isobmff/write-movie.ts';
import { NoStreams, NotRewritable, Rejected } from '../verdicts.ts';
import { bitRates } from './bit-rates.ts';
import { codecString } from './codec-strings.ts';
import { cutAudio, cutVideo, type SampleSegment, startsOf } from './cut-stream.ts';
import { dashManifest } from './dash-manifest.ts';
import { describeAudio } from './describe-audio.ts';
import { hlsPlaylists, type LadderStreams, type TextFile, withAudio } from './hls-playlists.ts';
import { joinStreams } from './join-streams.ts';
import { type LadderStream, readStream } from './read-stream.ts';
import { type Cue, readCues, webVtt } from './subtitles.ts';
import {
  type CutAudio,
  type CutStream,
  type CutText,
  type CutVideo,
  INIT_NAME,
  type KeyFrame,
  type LadderRequest,
  type LadderResult,
  type LadderSource,
  segmentName,
  TEXT_NAME,
} from './types.ts';
import { fragmentIndex, SEGMENT_TYPE } from './write-fragment.ts';

/** Maximum number of bytes of samples in memory at a time. */
const BLOCK = 1024 * 1024;
/** Number of files of a stream in addition to its segments: the initialization section and two playlists. */
const OTHER_FILES = 3;
/**
 * Maximum number of seconds by which the starts of segments may differ between renditions, because frame times are rounded to time scales.
 */
const TOLERANCE = 0.002;

/**
 * Cuts movies that a cell has written into segments, and writes them with their playlists into a new directory. Only the packets and the
 * descriptions of their decoders come from the cell. Runs in the thread of the sanitizer.
 */
export function packageLadder(request: LadderRequest): LadderResult {
  const files: FileBytes[] = [];
  try {
    return writeLadder(request, (path) => {
      const file = openBytes(path);
      files.push(file);
      return file;
    });
  } catch (error) {
    const isKnown = error instanceof NotRewritable || error instanceof Rejected || error instanceof RangeError;
    if (!isKnown) throw error;
    return { reason: error.message.replace(/\.$/, ''), isEmpty: error instanceof NoStreams };
  } finally {
    for (const file of files) file.close();
  }
}

/** A stream with its segments, before they are written. */
interface Cut {
  name: string;
  stream: LadderStream;
  segments: SampleSegment[];
}

function writeLadder(request: LadderRequest, open: (path: string) => FileBytes): LadderResult {
  const { renditions, audio, pieces, segmentSeconds, manifests, directory } = request;
  const videos = renditions.map((source) => {
    const files = source.paths.map(open);
    const stream = pieces ? joinStreams(files, source, pieces) : readStream(files[0]!, source);
    return { name: source.name, stream, segments: cutVideo(stream, segmentSeconds) };
  });
  const starts = checkAligned(videos);
  const sound = audio && cutSound(audio, open(audio.paths[0]!), starts, segmentSeconds);
  const cuts = [...videos, ...(sound ? [sound] : [])];
  const durationSeconds = Math.max(...cuts.map(({ stream }) => secondsOf(stream)));
  const cues = request.subtitles && readCues(readText(request.subtitles.path), durationSeconds);
  const count = cuts.reduce((sum, { segments }) => sum + segments.length + OTHER_FILES, cues ? 4 : 2);
  if (count > request.maxFiles) throw new NotRewritable(`has more than ${request.maxFiles} files`);
  mkdirSync(directory, { mode: 0o700 });
  const streams: LadderStreams = {
    videos: videos.map((cut) => writeVideo(request, cut)),
    audio: sound && writeAudio(request, sound),
    text: cues && writeText(request, cues, durationSeconds),
  };
  const texts: TextFile[] = [
    ...(manifests.hls ? hlsPlaylists(streams, request.key !== null) : []),
    ...(manifests.dash ? [{ path: 'manifest.mpd', text: dashManifest(streams, segmentSeconds) }] : []),
  ];
  for (const { path, text } of texts) writeFileSync(join(directory, path), text, { flag: 'wx', mode: 0o600 });
  const facts = streams.videos.map((video) => ({
    ...{ width: video.width, height: video.height },
    ...withAudio(video, streams.audio),
  }));
  return { renditions: facts, durationSeconds };
}

function cutSound(source: LadderSource, file: FileBytes, starts: readonly number[], segmentSeconds: number): Cut {
  const stream = readStream(file, source);
  return { name: source.name, stream, segments: cutAudio(stream, starts, segmentSeconds) };
}

/** Returns the start of each segment in seconds. Throws unless all renditions have the same starts. */
function checkAligned([first, ...others]: readonly Cut[]): number[] {
  const starts = startsOf(first!.stream, first!.segments);
  for (const { stream, segments } of others) {
    const its = startsOf(stream, segments);
    const isSame = its.length === starts.length && its.every((at, index) => Math.abs(at - starts[index]!) < TOLERANCE);
    if (!isSame) throw new NotRewritable('has renditions whose segments begin at different times');
  }
  return starts;
}

function writeVideo(request: LadderRequest, cut: Cut): CutVideo {
  const { track, step } = cut.stream;
  const { written, keyFrames } = writeStream(request, cut);
  return {
    ...written,
    keyFrames,
    width: track.entry.readUInt16BE(8 + 24),
    height: track.entry.readUInt16BE(8 + 26),
    frameRate: reduced(track.media.timescale, step),
  };
}

function writeAudio(request: LadderRequest, cut: Cut): CutAudio {
  return { ...writeStream(request, cut).written, ...describeAudio(cut.stream.track) };
}

/** Reads the file of subtitles. The worker has checked that it is UTF-8. */
function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

function writeText({ directory, key, subtitles }: LadderRequest, cues: readonly Cue[], seconds: number): CutText {
  const { name } = subtitles!;
  const bytes = Buffer.from(webVtt(cues));
  if (bytes.length > MAX_SUBTITLE_BYTES) throw new NotRewritable('has subtitles that are too large');
  mkdirSync(join(directory, name), { mode: 0o700 });
  writeTo(join(directory, name, TEXT_NAME), (out) => {
    const sink = key ? encrypted(out, key, 0) : plain(out);
    sink.write(bytes);
    sink.end();
  });
  return { name, seconds, bytes: bytes.length };
}

/** Writes the initialization section and all segments. Returns the stream with its segments, and its key frames. */
function writeStream(
  { directory, key }: LadderRequest,
  { name, stream, segments }: Cut,
): { written: CutStream; keyFrames: KeyFrame[] } {
  const { timescale } = stream.track.media;
  const folder = join(directory, name);
  mkdirSync(folder, { mode: 0o700 });
  writeTo(join(folder, INIT_NAME), (out) => writeInitialization(stream.movie, stream, out));
  const keyFrames: KeyFrame[] = [];
  const { times, isKey } = stream.samples;
  let sequence = 1;
  const sizes = segments.map(({ fragments }, segment) => {
    let bytes = 0;
    writeTo(join(folder, segmentName(segment)), (out) => {
      const sink = key ? encrypted(out, key, segment) : plain(out);
      sink.write(SEGMENT_TYPE);
      bytes = SEGMENT_TYPE.length;
      for (const { from, to } of fragments) {
        const index = fragmentIndex(stream, sequence++, from, to);
        const length = index.length + writeSamples(sink, stream, index, from, to);
        const duration = times[to]! - times[from]!;
        if (isKey[from]) keyFrames.push({ segment, offset: bytes, bytes: length, duration });
        else keyFrames.at(-1)!.duration += duration;
        bytes += length;
      }
      sink.end();
      bytes = out.position;
    });
    const [from, to] = [fragments[0]!.from, fragments.at(-1)!.to];
    return { duration: times[to]! - times[from]!, bytes };
  });
  const written = {
    name,
    codecs: codecString(stream.track),
    timescale,
    segments: sizes,
    ...bitRates(sizes, timescale),
  };
  return { written, keyFrames };
}

interface Sink {
  write(bytes: Uint8Array): void;
  end(): void;
}

function plain(out: FileOut): Sink {
  return { write: (bytes) => out.write(bytes), end: () => {} };
}

/**
 * Returns a sink that encrypts a segment (RFC 8216, 5.2): CBC with PKCS7 padding over the entire segment. The initialization vector is the
 * segment's number.
 */
function encrypted(out: FileOut, key: Uint8Array, segment: number): Sink {
  const vector = Buffer.alloc(16);
  vector.writeUInt32BE(segment, 12);
  const cipher = createCipheriv('aes-128-cbc', key, vector);
  return {
    write: (bytes) => out.write(cipher.update(bytes)),
    end: () => out.write(cipher.final()),
  };
}

/** Writes a fragment. Returns the number of bytes of its `mdat`. */
function writeSamples(sink: Sink, { file, samples }: LadderStream, index: Buffer, from: number, to: number): number {
  const { sizes, positions } = samples;
  const total = sizes.subarray(from, to).reduce((sum, size) => sum + size, 8);
  if (total >= 2 ** 32) throw new NotRewritable('has a segment of more than 4 GB');
  const head = Buffer.alloc(8);
  head.writeUInt32BE(total, 0);
  head.write('mdat', 4, 'latin1');
  sink.write(index);
  sink.write(head);
  for (let sample = from; sample < to; ) {
    // Consecutive samples in the file are read together.
    const start = positions[sample]!;
    let end = start;
    while (sample < to && positions[sample] === end) end += sizes[sample++]!;
    for (let at = start; at < end; at += BLOCK) sink.write(file.read(at, Math.min(BLOCK, end - at)));
  }
  return total;
}

function secondsOf({ track, samples }: LadderStream): number {
  return samples.times[samples.count]! / track.media.timescale;
}

function reduced(num: number, den: number): { num: number; den: number } {
  let [a, b] = [num, den];
  while (b > 0) [a, b] = [b, a % b];
  return { num: num / a, den: den / a };
}

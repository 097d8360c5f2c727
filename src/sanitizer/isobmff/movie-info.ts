import type { AudioStream, MediaInfo, Rotation, VideoStream } from '../../ffmpeg/index.ts';
import { readAac } from '../codecs/aac.ts';
import { readAv1 } from '../codecs/av1.ts';
import { mustBe, unlessUnclear } from '../codecs/bits.ts';
import { type Color, colorNames, colorRange, NO_COLOR } from '../codecs/color.ts';
import { mayHaveFields, readH264 } from '../codecs/h264.ts';
import { readHevc } from '../codecs/hevc.ts';
import type { Picture, Sound } from '../codecs/types.ts';
import { readVp9 } from '../codecs/vp9.ts';
import { readOpus } from '../codecs/xiph.ts';
import type { FileBytes } from '../file-bytes.ts';
import { audioStream, movieInfo as infoOf, videoStream } from '../streams.ts';
import { decoderConfig } from './esds.ts';
import { languageOf } from './language.ts';
import type { Movie, Track } from './movie.ts';
import { isIdentity } from './movie-facts.ts';
import { boxesIn, boxesOfEntry, byType } from './sample-entry.ts';
import { movieMicroseconds, type TrackTimes, timeOfSecondKey, trackTimes } from './track-times.ts';

/** FFmpeg's name of the format. */
const CONTAINER = 'mov,mp4,m4a,3gp,3g2,mj2';
/** Maximum number of bytes of a frame. A key frame of 8K has about 10 MB. */
const MAX_SAMPLE = 64 * 2 ** 20;
const ENABLED = 1;
/** Maximum numerator and denominator of an aspect ratio. FFmpeg ignores ratios with larger numbers. */
const MAX_ASPECT = 999_999_999;
const AAC_OBJECT = 0x40;

/** Returns the facts that ffprobe would report about the rewritten movie; null if ffprobe may report something else. */
export function movieInfo(movie: Movie, file: FileBytes): MediaInfo | null {
  return unlessUnclear(() => {
    mustBe(isIdentity(movie.matrix));
    const times = movie.tracks.map((track) => trackTimes(movie, track));
    const video: VideoStream[] = [];
    const audio: AudioStream[] = [];
    for (const [index, track] of movie.tracks.entries()) {
      const boxes = byType(boxesOfEntry(track.kind, track.entry));
      mustBe(boxes !== null);
      if (track.kind === 'video') video.push(describeVideo(index, track, times[index]!, boxes, file));
      else audio.push(describeAudio(index, track, times[index]!, boxes));
    }
    const microseconds = movieMicroseconds(times);
    const subtitles = movie.subtitles ?? [];
    // FFmpeg extends the duration to subtitles that begin shortly before the other streams, or end shortly after them.
    for (const text of subtitles) {
      const { start, end } = trackTimes(movie, text);
      mustBe(times.some((other) => other.start <= start) && times.some((other) => other.end >= end));
    }
    const described = { container: CONTAINER, demuxer: 'mov', sizeBytes: file.size, microseconds };
    return infoOf({ ...described, subtitles: subtitles.length }, video, audio);
  });
}

/** Returns whether an H.264 track may contain interlaced pictures. */
export function movieMayHaveFields({ tracks }: Movie): boolean {
  const configs = tracks.map(({ kind, entry }) => boxesOfEntry(kind, entry)?.find(({ type }) => type === 'avcC'));
  return configs.some((config) => config !== undefined && mayHaveFields(config.body));
}

type Boxes = Map<string, Buffer>;

/** Types of the boxes that are read below, and of the boxes that do not change the report of ffprobe. */
const VIDEO_BOXES = new Set([
  ...['avcC', 'hvcC', 'vpcC', 'av1C', 'pasp', 'colr', 'fiel', 'mdcv', 'clli', 'SmDm', 'CoLL', 'amve', 'dvcC', 'dvvC'],
]);

function describeVideo(index: number, track: Track, times: TrackTimes, boxes: Boxes, file: FileBytes): VideoStream {
  for (const type of boxes.keys()) mustBe(VIDEO_BOXES.has(type));
  // The first of two bytes is the number of fields.
  const fields = boxes.get('fiel');
  if (fields) mustBe(fields[0] === 1);
  const picture = readPicture(track, boxes, file);
  const [width, height] = [track.entry.readUInt16BE(8 + 24), track.entry.readUInt16BE(8 + 26)];
  mustBe(picture.width === width && picture.height === height);
  return videoStream(index, picture, {
    color: colorOf(boxes.get('colr')),
    aspect: aspectOf(track, boxes.get('pasp'), width, height),
    rotation: rotationOf(track.matrix),
    ...times,
    frames: track.samples.count,
    isDefault: (track.flags & ENABLED) !== 0,
  });
}

function readPicture(track: Track, boxes: Boxes, file: FileBytes): Picture {
  const type = track.entry.toString('latin1', 4, 8);
  const [avc, hevc, av1] = [boxes.get('avcC'), boxes.get('hvcC'), boxes.get('av1C')];
  if (av1 || type === 'av01') {
    mustBe(av1 !== undefined && type === 'av01' && !avc && !hevc);
    return readAv1(av1, firstSample(track, file));
  }
  if (hevc && !avc && (type === 'hvc1' || type === 'hev1')) return readHevc(hevc);
  if (type === 'vp09' && !avc && !hevc) return readVp9(firstSample(track, file));
  mustBe(type === 'avc1' && avc !== undefined && !hevc);
  return readH264(avc, firstSample(track, file));
}

/** Returns the first sample, from which ffprobe reads what no header declares. Throws `Unclear` unless FFmpeg begins with this sample. */
function firstSample({ samples, edits }: Track, file: FileBytes): Buffer {
  const size = samples.size || samples.sizes.readUInt32BE(0);
  mustBe(size > 0 && size <= MAX_SAMPLE);
  mustBe(samples.keys === null || (samples.keys.length >= 4 && samples.keys.readUInt32BE(0) === 1));
  const shown = (edits ?? []).filter(({ mediaTime }) => mediaTime !== -1);
  mustBe(shown.length <= 1 && (shown[0]?.mediaTime ?? 0) <= timeOfSecondKey(samples));
  return Buffer.from(file.read(samples.chunks.offsets[0]!, size));
}

function describeAudio(index: number, track: Track, times: TrackTimes, boxes: Boxes): AudioStream {
  const sound = readSound(track, boxes);
  const { bitRate, durationSeconds } = times;
  const isDefault = (track.flags & ENABLED) !== 0;
  return audioStream(index, sound, { bitRate, durationSeconds, isDefault, language: languageOf(track.media.language) });
}

function readSound(track: Track, boxes: Boxes): Sound {
  const type = track.entry.toString('latin1', 4, 8);
  const opus = boxes.get('dOps');
  if (type === 'Opus' && opus && boxes.size === 1) return readOpus(opusHead(opus));
  mustBe(type === 'mp4a');
  // QuickTime has the configuration one level deeper.
  const wave = boxes.get('wave');
  const inner = wave ? byType(boxesIn(wave)) : boxes;
  const esds = inner?.get('esds');
  mustBe(inner !== null && esds !== undefined && (!wave || boxes.get('esds') === undefined));
  for (const type of boxes.keys()) mustBe(type === 'esds' || type === 'wave');
  const { objectType, config } = decoderConfig(esds);
  mustBe(objectType === AAC_OBJECT && config !== null);
  return readAac(config);
}

/** Returns the header of Opus, which `dOps` contains in the other byte order and with another version. */
function opusHead(body: Buffer): Buffer {
  mustBe(body.length >= 11 && body[0] === 0);
  const fields = Buffer.from(body);
  fields.subarray(2, 4).swap16();
  fields.subarray(4, 8).swap32();
  fields.subarray(8, 10).swap16();
  fields[0] = 1;
  return Buffer.concat([Buffer.from('OpusHead'), fields]);
}

function colorOf(colr: Buffer | undefined): Color {
  if (!colr) return NO_COLOR;
  const kind = colr.toString('latin1', 0, 4);
  mustBe((kind === 'nclx' && colr.length >= 11) || (kind === 'nclc' && colr.length >= 10));
  const names = colorNames(colr.readUInt16BE(4), colr.readUInt16BE(6), colr.readUInt16BE(8));
  return { ...names, colorRange: kind === 'nclx' ? colorRange(colr[10]! >= 0x80) : null };
}

/** Returns the pixel aspect ratio: from `pasp`, or otherwise from a size of the track that differs from the size of its pictures. */
function aspectOf(track: Track, pasp: Buffer | undefined, width: number, height: number): number | null {
  mustBe(!pasp || pasp.length >= 8);
  const [wide, tall] = pasp ? [pasp.readUInt32BE(0), pasp.readUInt32BE(4)] : [0, 0];
  if (wide !== 0 && tall !== 0) return ratio(wide, tall);
  const [shownWidth, shownHeight] = [track.width >>> 16, track.height >>> 16];
  if (shownWidth === 0 || shownHeight === 0 || (shownWidth === width && shownHeight === height)) return null;
  return ratio(height * shownWidth, width * shownHeight);
}

function ratio(numerator: number, denominator: number): number {
  mustBe(numerator <= MAX_ASPECT && denominator <= MAX_ASPECT);
  return numerator / denominator;
}

/**
 * Returns the rotation of a matrix that rotates by quarter turns, with or without mirroring. Throws `Unclear` for a matrix that scales or
 * skews.
 */
function rotationOf(matrix: Buffer): Rotation {
  const [a, b, u, c, d, v, , , w] = Array.from({ length: 9 }, (_, index) => matrix.readInt32BE(index * 4));
  mustBe(u === 0 && v === 0 && w === 0x40000000);
  const isQuarter = a === 0 && d === 0;
  const [first, second] = isQuarter ? [b, c] : [a, d];
  mustBe(Math.abs(first!) === 0x10000 && Math.abs(second!) === 0x10000 && (isQuarter || (b === 0 && c === 0)));
  return (isQuarter ? (first! > 0 ? 90 : 270) : first! > 0 ? 0 : 180) as Rotation;
}

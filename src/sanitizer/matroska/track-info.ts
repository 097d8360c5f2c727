import type { AudioStream, VideoStream } from '../../ffmpeg/index.ts';
import type { FrameTiming } from '../../ffmpeg/plan/time/frame-timing.ts';
import { readAac } from '../codecs/aac.ts';
import { readAv1 } from '../codecs/av1.ts';
import { mustBe } from '../codecs/bits.ts';
import { type Color, colorNames } from '../codecs/color.ts';
import { mayHaveFields, readH264 } from '../codecs/h264.ts';
import { readHevc } from '../codecs/hevc.ts';
import { nearestFraction } from '../codecs/rational.ts';
import type { Picture, Sound } from '../codecs/types.ts';
import { readVp8 } from '../codecs/vp8.ts';
import { readVp9 } from '../codecs/vp9.ts';
import { readFlacInfo, readOpus, readVorbis } from '../codecs/xiph.ts';
import { audioStream, videoStream } from '../streams.ts';
import { float, number } from './rewrite-children.ts';
import { MATROSKA_CODECS } from './track-facts.ts';

/** Id of the duration of a frame in nanoseconds. */
export const FRAME_DURATION = 0x23e383;
/** Ids of the elements of a track (RFC 9559). */
const E = {
  ...{ isDefault: 0x88, codec: 0x86, config: 0x63a2, frameDuration: FRAME_DURATION, language: 0x22b59c },
  ...{ width: 0xb0, height: 0xba, shownWidth: 0x54b0, shownHeight: 0x54ba, shownUnit: 0x54b2 },
  ...{ interlaced: 0x9a, alpha: 0x53c0, matrix: 0x55b1, range: 0x55b9, transfer: 0x55ba, primaries: 0x55bb },
  ...{ forHearing: 0x55ab, forSight: 0x55ac, isDescription: 0x55ad, isCommentary: 0x55af },
  ...{ sampleRate: 0xb5, outputRate: 0x78b5, channels: 0x9f, bits: 0x6264 },
} as const;

/** Ids of the elements that do not change the report of ffprobe: number, UID, type, flags, delays, chroma siting, light levels. */
const WITHOUT_INFLUENCE: ReadonlySet<number> = new Set([
  ...[0xd7, 0x73c5, 0x83, 0xb9, 0x55aa, 0x9c, 0x55ae, 0x55ee, 0x56aa, 0x56bb],
  ...[0x22b59d, 0x9d, 0x55b7, 0x55b8, 0x55bc, 0x55bd],
  ...[0x55d1, 0x55d2, 0x55d3, 0x55d4, 0x55d5, 0x55d6, 0x55d7, 0x55d8, 0x55d9, 0x55da],
]);
const KNOWN: ReadonlySet<number> = new Set([...Object.values(E), ...WITHOUT_INFLUENCE]);

/** Values of a track, by the ids of their elements. */
export type TrackValues = ReadonlyMap<number, Buffer>;

/**
 * Collects the elements of a track while it is read. `values` returns null once an element occurs that the readers do not know, or an
 * element with influence occurs more than once.
 */
export function trackValues() {
  const values = new Map<number, Buffer>();
  let isKnown = true;
  return {
    add(id: number, content: Buffer): void {
      isKnown &&= KNOWN.has(id) && (!values.has(id) || WITHOUT_INFLUENCE.has(id));
      values.set(id, content);
    },
    values: (): TrackValues | null => (isKnown ? values : null),
  };
}

function count(values: TrackValues, id: number, absent: number): number {
  const content = values.get(id);
  if (!content) return absent;
  const value = number(content);
  mustBe(value < 2n ** 40n);
  return Number(value);
}

function text(values: TrackValues, id: number): string | null {
  return values.get(id)?.toString('latin1').replace(/\0.*$/s, '') ?? null;
}

const AVC = 'V_MPEG4/ISO/AVC';
const UNDECLARED_LANGUAGE = 'eng';
const INTERLACED = 1;
const UNDEFINED_UNIT = 4;
/** FFmpeg's maximum of the terms of a frame rate. */
const MAX_RATE = 30_000;

/** Minimum duration of a frame in nanoseconds that a recorder declares. FFmpeg ignores the rate of shorter frames. */
const MIN_FRAME_DURATION = 1e6;

/** Returns the declared duration of a frame in nanoseconds; null if it is absent or implausible. */
export function frameDurationOf(values: TrackValues): number | null {
  const content = values.get(FRAME_DURATION);
  const duration = content ? Number(number(content)) : 0;
  return duration > MIN_FRAME_DURATION ? duration : null;
}

export function describeVideo(
  index: number,
  values: TrackValues,
  frame: Buffer | undefined,
  timing: FrameTiming | undefined,
): VideoStream {
  mustBe(frame !== undefined && count(values, E.interlaced, 0) !== INTERLACED);
  const picture = readPicture(text(values, E.codec), values.get(E.config), frame);
  const [width, height] = [count(values, E.width, 0), count(values, E.height, 0)];
  mustBe(picture.width === width && picture.height === height);
  // Without a declared duration of frames, ffprobe estimates their rate from packets.
  const duration = frameDurationOf(values);
  mustBe(duration !== null);
  return videoStream(index, picture, {
    color: colorOf(values),
    aspect: aspectOf(values, width, height),
    rotation: 0,
    hasAlpha: count(values, E.alpha, 0) !== 0,
    frameRate: nearestFraction(1e9, duration, MAX_RATE) || null,
    timing,
    bitRate: null,
    frames: null,
    isDefault: count(values, E.isDefault, 1) !== 0,
    isSecondary: isSecondary(values),
    durationSeconds: timing?.durationSeconds ?? null,
  });
}

function isSecondary(values: TrackValues): boolean {
  return [E.forHearing, E.forSight, E.isDescription, E.isCommentary].some((id) => count(values, id, 0) !== 0);
}

/** Returns FFmpeg's name of the codec of a track; undefined if the readers do not know the codec. */
export function codecOf(values: TrackValues): string | undefined {
  return MATROSKA_CODECS[text(values, E.codec) ?? ''];
}

/** Returns whether the track is H.264 that may contain interlaced pictures. */
export function trackMayHaveFields(values: TrackValues | null): boolean {
  const config = values?.get(E.config);
  return values !== null && config !== undefined && text(values, E.codec) === AVC && mayHaveFields(config);
}

function readPicture(codec: string | null, config: Buffer | undefined, frame: Buffer): Picture {
  if (codec === 'V_VP8') return readVp8(frame);
  if (codec === 'V_VP9') return readVp9(frame);
  mustBe(config !== undefined);
  if (codec === 'V_MPEGH/ISO/HEVC') return readHevc(config);
  if (codec === 'V_AV1') return readAv1(config, frame);
  mustBe(codec === AVC);
  return readH264(config, frame);
}

/** Values that FFmpeg reads as not declared. */
const RESERVED = 3;
const UNSPECIFIED = 2;
const RANGES = [null, 'tv', 'pc'] as const;

function colorOf(values: TrackValues): Color {
  const declared = (id: number, isReserved: (value: number) => boolean) => {
    const value = count(values, id, UNSPECIFIED);
    mustBe(value < 256);
    return isReserved(value) ? UNSPECIFIED : value;
  };
  const names = colorNames(
    declared(E.primaries, (value) => value === RESERVED || value === 0),
    declared(E.transfer, (value) => value === RESERVED || value === 0),
    declared(E.matrix, (value) => value === RESERVED),
  );
  return { ...names, colorRange: RANGES[count(values, E.range, 0)] ?? null };
}

/** Returns the pixel aspect ratio; null if the stream declares it. */
function aspectOf(values: TrackValues, width: number, height: number): number | null {
  const unit = count(values, E.shownUnit, 0);
  if (unit >= UNDEFINED_UNIT) return null;
  const [absentWidth, absentHeight] = unit === 0 ? [width, height] : [0, 0];
  const [wide, tall] = [count(values, E.shownWidth, absentWidth), count(values, E.shownHeight, absentHeight)];
  mustBe(wide < 2 ** 20 && tall < 2 ** 20);
  return wide > 0 && tall > 0 ? (height * wide) / (width * tall) : null;
}

export function describeAudio(index: number, values: TrackValues): AudioStream {
  const config = values.get(E.config);
  mustBe(config !== undefined);
  const sound = readSound(text(values, E.codec), config);
  const rate = float(values.get(E.sampleRate) ?? Buffer.alloc(0));
  const output = values.has(E.outputRate) ? float(values.get(E.outputRate)!) : rate;
  // Decoders of Opus support only one rate.
  mustBe(sound.codec === 'opus' || (rate === sound.sampleRate && output === rate));
  mustBe(count(values, E.channels, 1) === sound.channels);
  return audioStream(index, sound, {
    bitRate: null,
    isDefault: count(values, E.isDefault, 1) !== 0,
    ...(isSecondary(values) && { isSecondary: true }),
    language: languageOf(values),
    durationSeconds: null,
  });
}

/** Returns the language of a track; null if it is undetermined. */
export function languageOf(values: TrackValues): string | null {
  const language = text(values, E.language)?.toLowerCase() ?? UNDECLARED_LANGUAGE;
  return language !== 'und' && /^[a-z]{2,3}$/.test(language) ? language : null;
}

const FLAC_HEAD = 8;

function readSound(codec: string | null, config: Buffer): Sound {
  if (codec === 'A_OPUS') return readOpus(config);
  if (codec === 'A_VORBIS') return readVorbis(config);
  if (codec === 'A_AAC') return readAac(config);
  mustBe(codec === 'A_FLAC' && config.length >= FLAC_HEAD + 34 && config.toString('latin1', 0, 4) === 'fLaC');
  mustBe((config[4]! & 0x7f) === 0 && config.readUIntBE(5, 3) === 34);
  const { samples: _, ...sound } = readFlacInfo(config.subarray(FLAC_HEAD, FLAC_HEAD + 34));
  return sound;
}

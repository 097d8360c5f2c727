import * as z from 'zod';
import type { AudioStream, MediaInfo, VideoStream } from '../../ffmpeg/index.ts';
import type { Inspection } from '../../uploads/upload.ts';

const text = z.string().nullable();
const number = z.number().nullable();

const rgbProfile = z.object({ toSrgb: z.array(z.number()), transfer: z.enum(['iec61966-2-1', 'bt470m']) });

/** Requires that a schema contains every field of a type, because a schema drops the fields that it lacks. */
type Fields<T> = Record<keyof Required<T>, z.ZodType>;

const videoStream = z.object({
  index: z.number(),
  codec: z.string(),
  profile: text,
  width: z.number(),
  height: z.number(),
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
  sampleAspectRatio: z.number(),
  displayWidth: z.number(),
  displayHeight: z.number(),
  pixelFormat: text,
  bitDepth: z.number(),
  hasAlpha: z.boolean(),
  frameRate: number,
  nominalRate: number.optional(),
  hasConstantRate: z.boolean().optional(),
  colorTransfer: text,
  colorPrimaries: text,
  colorSpace: text,
  colorRange: text,
  isHdr: z.boolean(),
  rgbProfile: rgbProfile.optional(),
  isAttachedPicture: z.boolean(),
  bitRate: number,
  frames: number,
  isInterlaced: z.boolean(),
  mayBeInterlaced: z.boolean().optional(),
  fields: z.object({ kind: z.enum(['combed', 'film']), first: z.enum(['top', 'bottom']) }).optional(),
  mayChangeSize: z.boolean().optional(),
  mayTurn: z.literal(true).optional(),
  isDefault: z.boolean(),
  isSecondary: z.literal(true).optional(),
  durationSeconds: number,
  lateSeconds: z.number().optional(),
} satisfies Fields<VideoStream>) satisfies z.ZodType<VideoStream>;

const audioStream = z.object({
  index: z.number(),
  codec: z.string(),
  profile: text,
  channels: z.number(),
  sampleRate: z.number(),
  bitRate: number,
  bitDepth: number,
  isDefault: z.boolean(),
  isSecondary: z.literal(true).optional(),
  language: text,
  durationSeconds: number,
  lateSeconds: z.number().optional(),
} satisfies Fields<AudioStream>) satisfies z.ZodType<AudioStream>;

const mediaInfo = z.object({
  container: z.string(),
  demuxer: z.string(),
  durationSeconds: number,
  truncation: z.object({ declaredSeconds: number }).optional(),
  sizeBytes: z.number(),
  bitRate: number,
  streamCount: z.number(),
  video: z.array(videoStream),
  audio: z.array(audioStream),
  programs: z.array(z.array(z.number())).optional(),
  subtitleCount: z.number(),
  isImage: z.boolean(),
  isAnimated: z.boolean(),
  sourceCodec: z.string().optional(),
} satisfies Fields<MediaInfo>) satisfies z.ZodType<MediaInfo>;

/** Returns the result of an earlier probe, or null if the file was not probed, such as a subtitle file. */
export function knownInfo(inspection: Inspection | null): MediaInfo | null {
  return inspection?.info ? mediaInfo.parse(inspection.info) : null;
}

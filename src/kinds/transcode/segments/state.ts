import * as z from 'zod';
import { OUTPUT_FORMATS } from '../../../contract/formats.ts';
import type { Vault } from '../../../crypto/vault.ts';
import { openColumn } from '../../../database/sealed-columns.ts';
import { storedJson } from '../../../database/stored-json.ts';
import type { Job } from '../../../jobs/rows.ts';

const stream = z
  .object({
    mode: z.enum(['copied', 'encoded']),
    reason: z.string().nullable(),
    split: z.object({ pieces: z.number(), reason: z.string() }).optional(),
  })
  .nullable();

const output = z.object({
  path: z.string(),
  format: z.enum(OUTPUT_FORMATS),
  contentType: z.string(),
  expect: z.object({
    kind: z.enum(['video', 'audio', 'image']),
    hasVideo: z.boolean().nullable(),
    hasAudio: z.boolean().nullable(),
    width: z.number().optional(),
    height: z.number().optional(),
    codecs: z.object({ video: z.string().optional(), audio: z.string().optional() }).optional(),
    maxBytes: z.number(),
  }),
});

/** The fields that the states of videos and ladders in pieces have in common. */
const common = {
  pieces: z.array(z.object({ first: z.number(), frames: z.number() })),
  rate: z.object({ num: z.number(), den: z.number() }),
  hasAudio: z.boolean(),
  source: z.enum(['preset', 'raw_options', 'defaults']),
  streams: z.object({ video: stream, audio: stream }),
  durationSeconds: z.number().nullable(),
  budget: z.object({
    memoryBytes: z.number(),
    cpuSeconds: z.number(),
    wallMs: z.number(),
    outputBytes: z.number(),
  }),
  warnings: z.array(z.object({ field: z.string(), message: z.string() })),
  inputSeconds: z.number(),
};

/** The state of a job that waits for the pieces of a video, to join them later. Sealed. */
const stored = z.object({
  ...common,
  /** Absent = the frames have a constant rate. */
  times: z.object({ timescale: z.number(), starts: z.array(z.number()), digest: z.string() }).optional(),
  cap: z.object({ rate: z.number(), buffer: z.number() }).nullable(),
  /** FFmpeg's arguments for the join. */
  args: z.array(z.string()),
  output,
});

export type PiecesState = z.infer<typeof stored>;
export const piecesJson = storedJson('pieces of a transcode', 1, stored);

const part = z.object({ path: z.string(), name: z.string(), codec: z.string(), maxBytes: z.number() });

const recipe = z.object({
  kind: z.literal('ladder'),
  renditions: z.array(part.extend({ size: z.object({ width: z.number(), height: z.number() }) })).readonly(),
  audio: part.nullable(),
  subtitles: z.number().optional(),
  transcribes: z.boolean().optional(),
  segmentSeconds: z.number(),
  manifests: z.object({ hls: z.boolean(), dash: z.boolean() }),
  isEncrypted: z.boolean(),
});

/** The state of a job that waits for the pieces of a ladder. No command joins these pieces. */
const storedLadder = z.object({
  ...common,
  /** FFmpeg's arguments for encoding the entire ladder at once. */
  args: z.array(z.string()),
  format: z.string(),
  contentType: z.string(),
  maxBytes: z.number(),
  maxFiles: z.number(),
  recipe,
});

/** The state of a job that makes a ladder and other outputs. The worker that packages the ladder makes the other outputs. */
const storedMixed = storedLadder.extend({
  /** Position of the ladder among the outputs of the job. */
  position: z.number(),
});

export type LadderState = z.infer<typeof storedLadder> & Partial<Pick<z.infer<typeof storedMixed>, 'position'>>;
const [LADDER_VERSION, MIXED_VERSION] = [2, 3];
/** The states of ladders. They are stored in the same column as `piecesJson`, and have other versions. */
export const ladderJson = storedJson('pieces of a ladder', LADDER_VERSION, storedLadder);
export const mixedJson = storedJson('pieces of a ladder among other outputs', MIXED_VERSION, storedMixed);

export function openState(vault: Vault, job: Job): PiecesState | LadderState | null {
  // The previous release wrote the state into the column of the plan.
  const text = openColumn(vault, 'jobs', 'resume_sealed', job) ?? openColumn(vault, 'jobs', 'plan_sealed', job);
  if (text === null) return null;
  const value = JSON.parse(text);
  if (value.v === MIXED_VERSION) return mixedJson.read(value);
  return value.v === LADDER_VERSION ? ladderJson.read(value) : piecesJson.read(value);
}

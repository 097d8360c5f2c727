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

/** What a job that waits for its pieces must know to join them. Sealed. */
const stored = z.object({
  pieces: z.array(z.object({ first: z.number(), frames: z.number() })),
  rate: z.object({ num: z.number(), den: z.number() }),
  cap: z.object({ rate: z.number(), buffer: z.number() }).nullable(),
  hasAudio: z.boolean(),
  /** FFmpeg's arguments for the join. */
  args: z.array(z.string()),
  source: z.enum(['preset', 'raw_options', 'defaults']),
  output,
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
});

export type PiecesState = z.infer<typeof stored>;
export const piecesJson = storedJson('pieces of a transcode', 1, stored);

export function openState(vault: Vault, job: Job): PiecesState | null {
  // The release before wrote it into the column of the plan.
  const text = openColumn(vault, 'jobs', 'resume_sealed', job) ?? openColumn(vault, 'jobs', 'plan_sealed', job);
  return text === null ? null : piecesJson.read(JSON.parse(text));
}

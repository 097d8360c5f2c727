import * as z from 'zod';
import { LIMIT_NAMES } from '../../contract/limit-bounds.ts';
import { storedJson } from '../../database/stored-json.ts';

const limits = z.partialRecord(z.enum(LIMIT_NAMES), z.number());

/** The stored form of a piece, sealed. */
const stored = z.object({
  /** FFmpeg's arguments without threads; the input is `/in/0`. */
  args: z.array(z.string()),
  /** Names of the files that a piece of a ladder consists of; absent = it is one file, `output.mp4`. */
  files: z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/)).optional(),
  /** Expected seconds of the output. */
  seconds: z.number(),
  /** Demuxer of the input for which the arguments were made. */
  demuxer: z.string(),
  disarm: z.boolean(),
  /** The limits in the parent's plan for each cell, and the limits that its request asked for. */
  budget: z.object({
    memoryBytes: z.number(),
    cpuSeconds: z.number(),
    wallMs: z.number(),
    outputBytes: z.number(),
  }),
  limits,
});

export type SegmentRequest = z.infer<typeof stored>;
export const segmentJson = storedJson('request of a segment', 1, stored);

import * as z from 'zod';
import { LIMIT_NAMES } from '../../contract/limit-bounds.ts';
import { storedJson } from '../../database/stored-json.ts';

const limits = z.partialRecord(z.enum(LIMIT_NAMES), z.number());

/** The stored, sealed form of the request for a piece. */
const stored = z.object({
  /** FFmpeg's arguments without threads. The input is `/in/0`. */
  args: z.array(z.string()),
  /** Names of the files of a piece of a ladder. Absent if the piece is the single file `output.mp4`. */
  files: z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/)).optional(),
  /** Expected duration of the output in seconds. */
  seconds: z.number(),
  /** Demuxer of the input for which the arguments were made. */
  demuxer: z.string(),
  disarm: z.boolean(),
  /**
   * `budget` contains the limits that the parent's plan sets for each cell. `limits` contains the limits that the parent's request asked
   * for.
   */
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

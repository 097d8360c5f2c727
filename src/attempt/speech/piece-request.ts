import * as z from 'zod';
import { TRANSCRIPT_TASKS } from '../../contract/transcriptions.ts';
import { storedJson } from '../../database/stored-json.ts';

/** The kind of job that recognizes a piece of the media of its parent. */
export const TRANSCRIBE_PIECE = 'transcribe-piece';

const ms = z.number().min(0);
const span = z.object({ from: ms, to: ms });

/** The stored, sealed form of the request for a piece. */
const request = z.object({
  piece: span.extend({ speech: z.array(span) }),
  language: z.string().nullable(),
  task: z.enum(TRANSCRIPT_TASKS),
  disarm: z.boolean(),
  /** Demuxer of the input when the parent measured it. */
  demuxer: z.string(),
});

export type PieceRequest = z.infer<typeof request>;
export const pieceJson = storedJson('request of a piece of speech', 1, request);

const word = z.object({
  ...{ start: z.number(), end: z.number(), text: z.string(), spaced: z.boolean() },
  probability: z.number().nullable(),
});

/** The result of a piece. It is the output of the piece, which its parent reads. */
export const pieceResult = storedJson(
  'result of a piece of speech',
  1,
  z.object({
    language: z.string().nullable(),
    isEnglishOnly: z.boolean(),
    segments: z.array(z.object({ start: z.number(), end: z.number(), words: z.array(word) })),
  }),
);

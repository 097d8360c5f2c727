import { z } from 'zod';
import { disarmField, job, limitsField, MAX_INPUTS, metadataField, retentionField } from './transcodes.ts';

/** Characters of a command; its options and graphs have bounds of their own. */
const MAX_COMMAND = 20_000;
const MAX_FILES = MAX_INPUTS * 2;

const files = z
  .record(z.string().min(1).max(64), z.string().min(1).max(8192))
  .refine((value) => Object.keys(value).length <= MAX_FILES, { error: `must name at most ${MAX_FILES} files` });

export const commandBody = z
  .object({
    /** `-i {{in_1}} … {{out_1}}`, with or without `ffmpeg` in front. */
    ffmpeg_command: z
      .string()
      .min(1)
      .max(MAX_COMMAND, { error: `must be at most ${MAX_COMMAND} characters` }),
    /** Name of a placeholder → URL. */
    input_files: files,
    /** Name of a placeholder → name of the file; its extension is the format. */
    output_files: files,
    metadata: metadataField,
    retention_seconds: retentionField,
    disarm: disarmField,
    limits: limitsField,
  })
  .meta({ id: 'CommandRequest' });

export type CommandBody = z.infer<typeof commandBody>;

export const commandJob = job.extend({ command_id: z.uuid() }).meta({ id: 'CommandJob' });

export type CommandJob = z.infer<typeof commandJob>;

import * as z from 'zod';
import { rule } from './faults/rule.ts';
import { priorityField } from './priority.ts';
import {
  disarmField,
  job,
  limitsField,
  MAX_INPUTS,
  metadataField,
  retentionField,
  webhookUrlField,
} from './transcodes.ts';

/** Maximum length of a command in characters. Its options and graphs have separate limits. */
const MAX_COMMAND = 20_000;
const MAX_FILES = MAX_INPUTS * 2;

const files = z
  .record(z.string().min(1).max(64), z.string().min(1).max(8192))
  .refine((value) => Object.keys(value).length <= MAX_FILES, {
    error: rule(`names more than ${MAX_FILES} files`, 'Name fewer files'),
  });

export const commandBody = z
  .object({
    ffmpeg_command: z
      .string()
      .min(1)
      .max(MAX_COMMAND)
      .describe('`-i {{in_1}} … {{out_1}}`, with or without `ffmpeg` in front.'),
    input_files: files.describe('URLs by placeholder name.'),
    output_files: files.describe('File names by placeholder name; the extension selects the format.'),
    metadata: metadataField,
    retention_seconds: retentionField,
    disarm: disarmField,
    limits: limitsField,
    webhook_url: webhookUrlField,
    priority: priorityField,
  })
  .meta({ id: 'CommandRequest', description: 'A command string to run as a job.' });

export type CommandBody = z.infer<typeof commandBody>;

export const commandJob = job
  .extend({ command_id: z.uuid().describe('The same as `id`.') })
  .meta({ id: 'CommandJob', description: 'A job created from a command string.' });

export type CommandJob = z.infer<typeof commandJob>;

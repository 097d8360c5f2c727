import * as z from 'zod';
import { BOOLEAN_WORDS, queryBoolean, someWarnings } from './common.ts';

const outputName = z.string().min(1).max(64).describe('Name of the output. Required if the job has several outputs.');

/** Query fields that select an output, or one of its files. */
const fileChoice = {
  output: outputName.optional(),
  file: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe(
      'Path of one file of an output that has many, as `/files` returns it. If you omit it, the link is to a zip of all files.',
    ),
};

export const downloadQuery = z.object({
  ...fileChoice,
  url: queryBoolean.optional().meta({ description: '`false` returns a redirect instead.', enum: BOOLEAN_WORDS }),
});

export const downloadAnswer = z
  .object({ url: z.url().describe('A signed URL, valid for ten minutes.'), warnings: someWarnings })
  .meta({ id: 'DownloadAnswer', description: 'A link to an output.' });

export const filesQuery = z.object({
  output: outputName.optional(),
  after: z.string().max(512).optional().describe('`next` of the previous page.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Number of files per page.'),
});

const outputFile = z
  .object({
    path: z.string().describe('Relative path, unique within the output.'),
    size: z.number().describe('Bytes.'),
    content_type: z.string().describe('Its media type.'),
    sha256: z.string().describe('SHA-256 of the bytes, 64 hex digits.'),
  })
  .meta({ id: 'OutputFile', description: 'A file of an output.' });

export const fileList = z
  .object({
    items: z.array(outputFile).describe('The files, sorted by path.'),
    next: z.string().nullable().describe('Value of `after` for the next page; null on the last page.'),
    warnings: someWarnings,
  })
  .meta({ id: 'FileList', description: 'A page of the files of an output.' });

export type FileList = z.infer<typeof fileList>;

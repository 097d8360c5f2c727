import * as z from 'zod';
import { CREATES, defineBodyTool, defineTool, pathPart, READS, resultOf, type Tool } from '../tool.ts';

const transcriptionId = z.object({ id: z.string().min(1).describe('The id of the transcription, a UUID.') });

/** Tools on transcriptions. For a feature that it lacks, the API returns `not_implemented`. */
export const TRANSCRIBE_TOOLS: readonly Tool[] = [
  defineBodyTool({
    name: 'transcribe_audio',
    title: 'Transcribe',
    description: 'Start a job that writes the subtitles (SRT) of a video or sound. Follow it with get_transcribe.',
    input: z.object({
      media_url: z.string().describe('An `https://` URL, or the `fileUrl` of an upload.'),
      language: z.string().optional().describe('The language that is spoken, e.g. en; detected if absent.'),
      task: z
        .enum(['transcribe', 'translate'])
        .optional()
        .describe('`transcribe` keeps the language and is the default; `translate` writes English.'),
    }),
    annotations: CREATES,
    path: '/v1/transcribe',
  }),
  defineTool({
    name: 'get_transcribe',
    title: 'Read a transcription',
    description: 'Read the state of a transcription.',
    input: transcriptionId,
    annotations: READS,
    run: async ({ id }, { call }) => resultOf(await call('GET', `/v1/transcribe/${pathPart(id)}`)),
  }),
  defineTool({
    name: 'get_transcribe_download',
    title: 'Get a link to subtitles',
    description: 'Get a signed link to the subtitles of a completed transcription. It works for ten minutes.',
    input: transcriptionId,
    annotations: READS,
    run: async ({ id }, { call }) => resultOf(await call('GET', `/v1/transcribe/${pathPart(id)}/download`)),
  }),
];

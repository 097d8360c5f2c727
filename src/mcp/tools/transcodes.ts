import * as z from 'zod';
import { JOB_STATUSES } from '../../contract/common.ts';
import { createBody } from '../../contract/transcodes.ts';
import { CREATES, defineBodyTool, defineTool, pathPart, READS, resultOf, type Tool } from '../tool.ts';

const jobId = z.object({ id: z.string().min(1).describe('The id of the job, a UUID.') });

/** Tools on jobs, each of which is one request. */
export const TRANSCODE_TOOLS: readonly Tool[] = [
  defineBodyTool({
    name: 'transcode_video',
    title: 'Transcode',
    description:
      'Start a job that turns one or more sources into an output: video, sound or a picture. Sources are `https://` URLs or the `fileUrl` of an upload. Returns the job at once; follow it with get_transcode, or use transcode_and_wait instead.',
    input: createBody,
    annotations: CREATES,
    path: '/v1/transcodes',
  }),
  defineBodyTool({
    name: 'validate',
    title: 'Check a transcode',
    description:
      'Check the arguments of transcode_video without running anything. Returns the FFmpeg command that would run, and for each mistake its position and what to write instead.',
    input: createBody,
    annotations: READS,
    path: '/v1/transcodes/validate',
  }),
  defineTool({
    name: 'get_transcode',
    title: 'Read a job',
    description: 'Read the state of a job: its status, progress, outputs, and why it failed if it did.',
    input: jobId,
    annotations: READS,
    run: async ({ id }, { call }) => resultOf(await call('GET', `/v1/transcodes/${pathPart(id)}`)),
  }),
  defineTool({
    name: 'list_transcodes',
    title: 'List jobs',
    description: 'List the jobs of the account, newest first, 20 on a page unless `limit` says otherwise.',
    input: z.object({
      status: z.enum(JOB_STATUSES).optional().describe('Only jobs with this status.'),
      page: z.number().int().positive().optional().describe('The page, from 1.'),
      limit: z.number().int().positive().max(100).optional().describe('Number of jobs per page.'),
      since: z.string().optional().describe('Only jobs that changed at that time or later, e.g. 2026-11-26T10:00:00Z.'),
      until: z.string().optional().describe('Only jobs that changed at that time or before.'),
    }),
    annotations: READS,
    async run(args, { call }) {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(args)) if (value !== undefined) query.set(name, String(value));
      return resultOf(await call('GET', `/v1/transcodes${query.size > 0 ? `?${query}` : ''}`));
    },
  }),
  defineTool({
    name: 'cancel_transcode',
    title: 'Cancel a job',
    description: 'Cancel a job that waits or runs. A job that has ended cannot be canceled.',
    input: jobId,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    run: async ({ id }, { call }) => resultOf(await call('PATCH', `/v1/transcodes/${pathPart(id)}/cancel`)),
  }),
  defineTool({
    name: 'get_download_url',
    title: 'Get a download link',
    description:
      'Get a signed link to the output of a completed job. It works for ten minutes; ask again for a new one.',
    input: jobId,
    annotations: READS,
    run: async ({ id }, { call }) => resultOf(await call('GET', `/v1/transcodes/${pathPart(id)}/download?url=true`)),
  }),
];

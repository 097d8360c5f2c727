import * as z from 'zod';
import { createBody } from '../../contract/transcodes.ts';
import { CREATES, defineBodyTool, defineTool, pathPart, READS, resultOf, type Tool } from '../tool.ts';

/** Tools that only transcodes have. */
export const TRANSCODE_TOOLS: readonly Tool[] = [
  defineBodyTool({
    name: 'validate',
    title: 'Check a transcode',
    description:
      'Check the arguments of a transcode without running anything. Returns the FFmpeg command that would run, and the position of each mistake with a suggestion.',
    input: createBody,
    sharesArgumentsOf: 'transcode_and_wait',
    annotations: READS,
    path: '/v1/transcodes/validate',
  }),
  defineTool({
    name: 'retry_transcode',
    isHidden: true,
    title: 'Retry a transcode',
    description:
      'Create a new job from the request of a transcode that has ended. Fails with the reason if the transcode is erased, an input is gone, or a URL of the request had a query, which Airlock deletes when a transcode ends.',
    input: z.object({ id: z.uuid().describe('The id of the transcode that has ended.') }),
    annotations: CREATES,
    run: async ({ id }, { call }) => resultOf(await call('POST', `/v1/transcodes/${pathPart(id)}/retry`)),
  }),
];

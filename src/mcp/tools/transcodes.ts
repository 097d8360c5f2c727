import { createBody } from '../../contract/transcodes.ts';
import { defineBodyTool, READS, type Tool } from '../tool.ts';

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
];

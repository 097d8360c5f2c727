import { createBody } from '../../contract/transcodes.ts';
import { defineBodyTool, READS, type Tool } from '../tool.ts';

/** Tools that only transcodes have. */
export const TRANSCODE_TOOLS: readonly Tool[] = [
  defineBodyTool({
    name: 'validate',
    title: 'Check a transcode',
    description:
      'Check the arguments of transcode_video without running anything. Returns the FFmpeg command that would run, and the position of each mistake with a suggestion.',
    input: createBody,
    annotations: READS,
    path: '/v1/transcodes/validate',
  }),
];

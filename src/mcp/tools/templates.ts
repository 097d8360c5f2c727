import * as z from 'zod';
import { templateReference } from '../../contract/template-reference.ts';
import { defineTool, pathPart, READS, resultOf, type Tool } from '../tool.ts';

/** Tools for templates. An assistant can use templates but not change them, because a template affects the jobs of other people. */
export const TEMPLATE_TOOLS: readonly Tool[] = [
  defineTool({
    name: 'list_templates',
    isHidden: true,
    title: 'List templates',
    description:
      'List the requests that a job can use by name, with their descriptions. Pass a name as `template` to transcode_and_wait or transcode_video.',
    input: z.object({}),
    annotations: READS,
    run: async (_, { call }) => resultOf(await call('GET', '/v1/templates')),
  }),
  defineTool({
    name: 'get_template',
    isHidden: true,
    title: 'Read a template',
    description: 'Return the request of a template, and the numbers of its versions.',
    input: z.object({
      name: templateReference.describe('The template, such as `airlock/web`, or a version, such as `web@3`.'),
    }),
    annotations: READS,
    run: async ({ name }, { call }) => resultOf(await call('GET', `/v1/templates/${pathPart(name)}`)),
  }),
];

import * as z from 'zod';
import { inputSchema } from '../input-schema.ts';
import { defineTool, pathPart, READS, rejectArguments, resultOf, type Tool } from '../tool.ts';

/** Paths of the lists whose entries arguments can name. */
const LISTS = { templates: '/v1/templates', connections: '/v1/connections', blueprints: '/v1/blueprints' } as const;
type List = keyof typeof LISTS;

/** Returns the tool `describe`, which returns what the list of tools omits: complete schemas, and the values that arguments can name. */
export function describeTool(tools: readonly Tool[]): Tool {
  const listed = tools.filter(({ isHidden }) => !isHidden).map(({ name }) => name);
  return defineTool({
    name: 'describe',
    title: 'Describe arguments',
    description:
      'Return the complete schema of a tool, with the limits and defaults of its arguments, or of one argument, such as `outputs` of transcode_and_wait. Also lists what arguments can name: templates, connections, and blueprints with their inputs.',
    input: z.object({
      topic: z
        .enum([...(Object.keys(LISTS) as List[]), ...listed])
        .describe('A tool, or `templates`, `connections` or `blueprints`.'),
      name: z.string().min(1).max(128).optional().describe('One argument of the tool, one template or one connection.'),
    }),
    annotations: READS,
    async run({ topic, name }, { call }) {
      const tool = tools.find((one) => one.name === topic);
      if (tool) return schemaOf(tool, name);
      const path = LISTS[topic as List];
      return resultOf(
        await call('GET', name === undefined || topic === 'blueprints' ? path : `${path}/${pathPart(name)}`),
      );
    },
  });
}

function schemaOf({ name: tool, description, input }: Tool, argument: string | undefined) {
  const schema = inputSchema(input);
  if (argument === undefined) return { value: { name: tool, description, inputSchema: schema }, isError: false };
  const properties = schema.properties as Record<string, unknown>;
  const args = z.object({ name: z.enum(Object.keys(properties)) });
  const parsed = args.safeParse({ name: argument });
  if (!parsed.success) return rejectArguments(parsed.error, { name: argument }, args);
  return { value: { name: tool, argument, schema: properties[argument] }, isError: false };
}

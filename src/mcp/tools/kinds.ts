import * as z from 'zod';
import { JOB_STATUSES } from '../../contract/common.ts';
import { MAX_WAIT_SECONDS } from '../../contract/limits.ts';
import type { KindTool, KindToolTexts } from '../../contract/tools.ts';
import { CREATES, DESTROYS, defineBodyTool, defineTool, pathPart, READS, resultOf, type Tool } from '../tool.ts';
import { createAndWait } from './create-and-wait.ts';
import { textsOfKind } from './kind-texts.ts';

/** A kind of job whose jobs clients see. */
export interface ToolKind {
  name: string;
  /** The routes of the kind are below `/v1/{path}`. */
  path: string;
  /** The list of jobs is at `/v1/{listPath}`. */
  listPath: string;
  nouns: { one: string; many: string };
  /** The schema of the body that creates a job. Null if only the service or a separate route creates jobs of this kind. */
  create: z.ZodObject | null;
  tools?: KindToolTexts;
}

/** Returns the tools of all kinds. Each tool sends one request, except the tools that wait. */
export function toolsOfKinds(kinds: readonly ToolKind[]): Tool[] {
  return kinds.flatMap((kind) => {
    const { create, path } = kind;
    const texts = textsOfKind(kind);
    const own = toolsOfJobs(kind, texts, kinds);
    if (create === null) return own;
    const creates = { ...shownAs(texts.create), input: create, annotations: CREATES, path: `/v1/${path}` };
    return [
      createAndWait(kind, { create, texts: shownAs(texts.createAndWait), tools: texts }),
      defineBodyTool({ ...creates, sharesArgumentsOf: texts.createAndWait.name }),
      ...own,
    ];
  });
}

type Texts = ReturnType<typeof textsOfKind>;

function shownAs({ listing, ...texts }: Texts[KindTool]): Pick<Tool, 'name' | 'title' | 'description' | 'isHidden'> {
  return { ...texts, isHidden: listing === 'not listed' };
}

/** Returns the tools for existing jobs. */
function toolsOfJobs(kind: ToolKind, texts: Texts, kinds: readonly ToolKind[]): Tool[] {
  const id = z.string().min(1).describe(`The id of the ${kind.nouns.one}, a UUID.`);
  /** Returns the schema of a tool's arguments. Adds the argument `kind` if the tool is for the jobs of all kinds. */
  const argsOf = <Fields extends z.ZodRawShape>(tool: KindTool, fields: Fields) => {
    const args = z.object(fields);
    if (texts[tool].listing !== 'listed for all kinds') return args;
    return args.extend({ kind: kindField(kinds, kind) }) as unknown as typeof args;
  };
  const kindOf = (args: object) => kinds.find(({ name }) => 'kind' in args && name === args.kind) ?? kind;
  const below = (args: { id: string }, rest = '') => `/v1/${kindOf(args).path}/${pathPart(args.id)}${rest}`;
  return [
    defineTool({
      ...shownAs(texts.get),
      input: z.object({ id, wait }),
      annotations: READS,
      run: async ({ wait: seconds, ...args }, { call }) =>
        resultOf(await call('GET', below(args, queryOf({ wait: seconds })))),
    }),
    defineTool({
      ...shownAs(texts.list),
      input: argsOf('list', listFields(kind.nouns.many)),
      annotations: READS,
      run: async (args, { call }) =>
        resultOf(await call('GET', `/v1/${kindOf(args).listPath}${queryOf({ ...args, kind: undefined })}`)),
    }),
    defineTool({
      ...shownAs(texts.cancel),
      input: argsOf('cancel', { id }),
      annotations: DESTROYS,
      run: async (args, { call }) => resultOf(await call('PATCH', below(args, '/cancel'))),
    }),
    defineTool({
      ...shownAs(texts.erase),
      input: argsOf('erase', { id }),
      annotations: DESTROYS,
      run: async (args, { call }) => resultOf(await call('DELETE', below(args))),
    }),
    defineTool({
      ...shownAs(texts.download),
      input: argsOf('download', { id, output, file }),
      annotations: READS,
      run: async (args, { call }) => {
        const query = queryOf({ url: true, output: args.output, file: args.file });
        return resultOf(await call('GET', below(args, `/download${query}`)));
      },
    }),
    defineTool({
      ...shownAs(texts.files),
      input: argsOf('files', { id, output, after, limit }),
      annotations: READS,
      run: async (args, { call }) => {
        const query = queryOf({ output: args.output, after: args.after, limit: args.limit });
        return resultOf(await call('GET', below(args, `/files${query}`)));
      },
    }),
  ];
}

const output = z.string().min(1).max(64).optional().describe('Name of the output. Required if there are several.');
const file = z.string().min(1).max(512).optional().describe('Path of one file of an output of many files.');
const after = z.string().max(512).optional().describe('`next` of the previous page.');
const limit = z.number().int().positive().max(1000).optional().describe('Number of files per page.');
const wait = z
  .number()
  .min(0)
  .max(MAX_WAIT_SECONDS)
  .optional()
  .describe('Seconds to wait at most until the job ends. Defaults to 0.');

function kindField(kinds: readonly ToolKind[], { name }: ToolKind) {
  return z
    .enum(kinds.map((one) => one.name))
    .optional()
    .describe(`The kind of the job. Defaults to \`${name}\`.`);
}

function listFields(many: string) {
  return {
    status: z.enum(JOB_STATUSES).optional().describe(`Only ${many} with this status.`),
    page: z.number().int().positive().optional().describe('The page, from 1.'),
    limit: z.number().int().positive().max(100).optional().describe(`Number of ${many} per page.`),
    since: z
      .string()
      .optional()
      .describe(`Only ${many} that changed at that time or later, e.g. 2026-11-26T10:00:00Z.`),
    until: z.string().optional().describe(`Only ${many} that changed at that time or before.`),
  };
}

function queryOf(args: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) if (value !== undefined) query.set(name, String(value));
  return query.size > 0 ? `?${query}` : '';
}

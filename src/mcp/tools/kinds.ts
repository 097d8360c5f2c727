import * as z from 'zod';
import { JOB_STATUSES } from '../../contract/common.ts';
import type { KindToolTexts } from '../../contract/tools.ts';
import {
  type ApiCall,
  CREATES,
  DESTROYS,
  defineBodyTool,
  defineTool,
  pathPart,
  READS,
  resultOf,
  type Tool,
} from '../tool.ts';
import { createAndWait } from './create-and-wait.ts';
import { textsOfKind } from './kind-texts.ts';

/** A kind of job whose jobs clients see. */
export interface ToolKind {
  name: string;
  /** Its routes are below `/v1/{path}`. */
  path: string;
  /** The path of its list. */
  listPath: string;
  nouns: { one: string; many: string };
  /** The body of a create; null if only the service creates its jobs. */
  create: z.ZodObject | null;
  tools?: KindToolTexts;
}

const output = z.string().min(1).max(64).optional().describe('Name of the output; required if there are several.');

/** The tools of a kind, each of which is one request, except the tool that waits. */
export function toolsOfKind(kind: ToolKind): Tool[] {
  const { create, path } = kind;
  const texts = textsOfKind(kind);
  if (create === null) return toolsOfJobs(kind, texts);
  return [
    createAndWait(kind, { create, texts: texts.createAndWait, readTool: texts.get.name }),
    defineBodyTool({ ...texts.create, input: create, annotations: CREATES, path: `/v1/${path}` }),
    ...toolsOfJobs(kind, texts),
  ];
}

/** The tools on jobs that exist. */
function toolsOfJobs({ path, listPath, nouns }: ToolKind, texts: ReturnType<typeof textsOfKind>): Tool[] {
  const jobId = z.object({ id: z.string().min(1).describe(`The id of the ${nouns.one}, a UUID.`) });
  const below = (id: string, rest = '') => `/v1/${path}/${pathPart(id)}${rest}`;
  const onJob = (
    method: Parameters<ApiCall>[0],
    rest = '',
  ): Pick<Parameters<typeof defineTool<typeof jobId>>[0], 'input' | 'run'> => ({
    input: jobId,
    run: async ({ id }, { call }) => resultOf(await call(method, below(id, rest))),
  });
  return [
    defineTool({ ...texts.get, annotations: READS, ...onJob('GET') }),
    defineTool({
      ...texts.list,
      input: listArgs(nouns.many),
      annotations: READS,
      run: async (args, { call }) => resultOf(await call('GET', `/v1/${listPath}${queryOf(args)}`)),
    }),
    defineTool({ ...texts.cancel, annotations: DESTROYS, ...onJob('PATCH', '/cancel') }),
    defineTool({ ...texts.erase, annotations: DESTROYS, ...onJob('DELETE') }),
    defineTool({
      ...texts.download,
      input: jobId.extend({
        output,
        file: z.string().min(1).max(512).optional().describe(`Path of a file, as ${texts.files.name} lists it.`),
      }),
      annotations: READS,
      run: async ({ id, ...args }, { call }) =>
        resultOf(await call('GET', below(id, `/download${queryOf({ url: true, ...args })}`))),
    }),
    defineTool({
      ...texts.files,
      input: jobId.extend({
        output,
        after: z.string().max(512).optional().describe('`next` of the previous page.'),
        limit: z.number().int().positive().max(1000).optional().describe('Number of files per page.'),
      }),
      annotations: READS,
      run: async ({ id, ...args }, { call }) => resultOf(await call('GET', below(id, `/files${queryOf(args)}`))),
    }),
  ];
}

function listArgs(many: string) {
  return z.object({
    status: z.enum(JOB_STATUSES).optional().describe(`Only ${many} with this status.`),
    page: z.number().int().positive().optional().describe('The page, from 1.'),
    limit: z.number().int().positive().max(100).optional().describe(`Number of ${many} per page.`),
    since: z
      .string()
      .optional()
      .describe(`Only ${many} that changed at that time or later, e.g. 2026-11-26T10:00:00Z.`),
    until: z.string().optional().describe(`Only ${many} that changed at that time or before.`),
  });
}

function queryOf(args: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) if (value !== undefined) query.set(name, String(value));
  return query.size > 0 ? `?${query}` : '';
}

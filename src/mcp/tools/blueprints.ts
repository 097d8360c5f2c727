import * as z from 'zod';
import { CREATES, defineTool, pathPart, READS, resultOf, type Tool } from '../tool.ts';
import { type Running, waitFields, waitFor } from '../wait.ts';

type Run = Running & { error_message?: string | null };

const runFields = {
  slug: z.string().min(1).describe('The name of the blueprint, e.g. watermark.'),
  inputs: z.record(z.string(), z.union([z.string(), z.number()])).describe('The inputs of the blueprint, by name.'),
};
const runId = z.object({ id: z.string().min(1).describe('The id of the run.') });

/** States in which a run does not continue by itself. */
const RESTING = ['completed', 'failed', 'canceled', 'awaiting_review'];

/** Tools that list blueprints, and create and continue runs. Runs also have the tools of every kind of job. */
export const BLUEPRINT_TOOLS: readonly Tool[] = [
  defineTool({
    name: 'list_blueprints',
    isHidden: true,
    title: 'List blueprints',
    description:
      'List the blueprints, which are ready-made recipes for videos, with the inputs of each blueprint as a JSON Schema.',
    input: z.object({}),
    annotations: READS,
    run: async (_args, { call }) => resultOf(await call('GET', '/v1/blueprints')),
  }),
  defineTool({
    name: 'run_blueprint',
    title: 'Run a blueprint',
    description:
      'Start a run of a blueprint, which is a ready-made recipe for videos. `describe` lists the blueprints with their inputs. Follow the run with get_blueprint_run.',
    input: z.object(runFields),
    annotations: CREATES,
    run: async ({ slug, inputs }, { call }) =>
      resultOf(await call('POST', `/v1/blueprints/${pathPart(slug)}/runs`, inputs)),
  }),
  defineTool({
    name: 'run_blueprint_and_wait',
    title: 'Run a blueprint and wait',
    description:
      'Start a run of a blueprint, and wait until it ends or awaits a review. If it awaits a review, correct `srt_text`, then call continue_blueprint_run.',
    input: z.object({ ...runFields, ...waitFields }),
    annotations: CREATES,
    async run({ slug, inputs, ...waiting }, context) {
      const created = await context.call('POST', `/v1/blueprints/${pathPart(slug)}/runs`, inputs);
      if (created.status >= 300) return resultOf(created);
      const first = created.json as Run;
      const path = `/v1/blueprints/runs/${pathPart(first.id)}`;
      const waited = await waitFor(first, path, ({ status }) => RESTING.includes(status), waiting, context);
      if (!('state' in waited)) return waited;
      const { state: run, waitedMs, polls, timedOut } = waited;
      if (timedOut) return { value: { timedOut, waitedMs, polls, run }, isError: false };
      const awaitingReview = run.status === 'awaiting_review';
      if (awaitingReview || run.status === 'completed') {
        return { value: { run, waitedMs, polls, ...(awaitingReview && { awaitingReview }) }, isError: false };
      }
      const error = run.error_message ?? `Run ${run.id} ended as ${run.status}`;
      return { value: { error, run, waitedMs, polls }, isError: true };
    },
  }),
  defineTool({
    name: 'continue_blueprint_run',
    title: 'Continue a run',
    description: 'Continue a run that awaits a review, with the reviewed subtitles to burn in.',
    input: runId.extend({ srt_text: z.string().describe('The reviewed subtitles, as SRT.') }),
    annotations: { ...CREATES, openWorldHint: false },
    run: async ({ id, srt_text }, { call }) =>
      resultOf(await call('POST', `/v1/blueprints/runs/${pathPart(id)}/continue`, { srt_text })),
  }),
];

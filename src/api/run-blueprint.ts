import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Blueprint } from '../blueprints/blueprint.ts';
import { blueprints } from '../blueprints/catalogue.ts';
import { type CreatedRun, runFields } from '../contract/blueprints.ts';
import { unwrapSchema } from '../contract/common.ts';
import { ApiError } from '../contract/errors.ts';
import { shownName } from '../contract/faults/field-names.ts';
import { nearestName } from '../contract/faults/near-name.ts';
import { openWarnings } from '../jobs/rows.ts';
import { blueprint as kind } from '../kinds/blueprint/index.ts';
import { createJob } from './create-job.ts';
import type { RouteDeps } from './deps.ts';
import { shapeError } from './shape-errors.ts';
import { unknownFields } from './warnings.ts';

type RunBody = z.output<z.ZodObject<typeof runFields>> & Record<string, unknown>;

/** Creates a run of a blueprint. */
export async function runBlueprint(deps: RouteDeps, request: FastifyRequest, slug: string): Promise<CreatedRun> {
  const blueprint = findBlueprint(slug);
  const sent = request.sentBody;
  const { webhook_url, retention_seconds, metadata } = request.body as RunBody;
  const submission = {
    ...{ blueprint, inputs: readInputs(blueprint, sent) },
    ...{ webhookUrl: webhook_url ?? null, retentionSeconds: retention_seconds ?? null, metadata: metadata ?? null },
    warnings: unknownFields(bodyOf(blueprint), sent),
  };
  const path = `blueprints/${slug}/runs`;
  const shown = {
    path,
    viewSubmitted: ({ vault }: typeof deps.context, { job }: Parameters<typeof kind.shown.viewSubmitted>[1]) => {
      const warnings = openWarnings(vault, job);
      return {
        ...{ id: job.id, status: 'pending' as const, blueprint: slug, tokens_charged: 0 as const },
        ...(warnings.length > 0 && { warnings }),
      };
    },
  };
  return createJob(deps, request, { ...kind, shown }, submission);
}

/** Throws `not_found` with the most similar slug, or the error of a blueprint that this server can't run. */
function findBlueprint(slug: string): Blueprint {
  const found = blueprints.get(slug);
  if (!found) {
    const near = nearestName(slug, blueprints.keys());
    throw new ApiError('not_found', {
      ...{ field: 'slug', reason: `there is no blueprint "${shownName(slug, 64)}"` },
      remedy: near === null ? 'Use a slug from the list of GET /v1/blueprints' : `Use "${near}"`,
      ...(near !== null && { near }),
    });
  }
  if ('unavailable' in found) throw new ApiError(found.unavailable);
  return found;
}

function bodyOf({ inputs }: Pick<Blueprint, 'inputs'>): z.ZodObject {
  return z.object({ ...inputs.shape, ...runFields });
}

/** Checks the inputs with the schema of the blueprint. Throws `invalid_request` with all faults. */
function readInputs({ inputs }: Blueprint, sent: unknown): Record<string, unknown> {
  const given = Object.entries((sent ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => [name, asText(Object.hasOwn(inputs.shape, name) ? inputs.shape[name] : undefined, value)]);
  const parsed = inputs.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  throw shapeError(parsed.error.issues, { name: 'body', sent, schema: inputs });
}

/** Converts a number to a string if the schema is a choice. Choices are strings, such as `1.5`, but many clients send numbers. */
function asText(schema: unknown, value: unknown): unknown {
  const isChoice = schema instanceof z.ZodType && unwrapSchema(schema) instanceof z.ZodEnum;
  return isChoice && typeof value === 'number' ? String(value) : value;
}

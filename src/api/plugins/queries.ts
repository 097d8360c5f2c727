import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Warning } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import { shownName, suggestField } from '../../contract/faults/field-names.ts';
import type { App } from '../types.ts';

/** Maximum number of unknown parameters in a response's warnings. */
const MAX_WARNINGS = 10;
/** Maximum length in characters of a parameter name in such a warning. */
const MAX_NAME = 64;

/**
 * Checks query parameters: an empty value counts as absent, and a repeated parameter is rejected. Unknown parameters never fail a request.
 * The response reports them if its schema has `warnings`.
 */
export function registerQueries(app: App): void {
  app.decorateRequest('queryWarnings', null);
  app.addHook('preValidation', async (request) => {
    const known = knownParameters(request);
    const query = request.query as Record<string, string | string[]>;
    for (const [name, value] of Object.entries(query)) {
      const said = [value].flat().filter((one) => one !== '');
      if (said.length > 1 && known.includes(name)) {
        throw new ApiError('invalid_request', {
          field: name,
          reason: 'is sent more than once',
          remedy: 'Send it once',
        });
      }
      if (said.length === 0) delete query[name];
      else query[name] = said[0]!;
    }
    request.queryWarnings = unknownParameters(Object.keys(query), known);
  });
  app.addHook('preSerialization', async (request, reply, payload) => {
    if (!isRecord(payload) || !acceptsWarnings(request, reply.statusCode)) return payload;
    const warnings = request.queryWarnings;
    if (!warnings?.length) return payload;
    const others = Array.isArray(payload.warnings) ? payload.warnings : [];
    return { ...payload, warnings: [...warnings, ...others] };
  });
}

function unknownParameters(names: readonly string[], known: readonly string[]): Warning[] {
  const unknown = names.filter((name) => !known.includes(name));
  return unknown.slice(0, MAX_WARNINGS).map((name) => {
    const near = suggestField(name, known);
    const hint = near === null ? '' : ` Did you mean "${near}"?`;
    return { field: shownName(name, MAX_NAME), message: `Unknown query parameter, ignored.${hint}` };
  });
}

/** Whether the schema of the response has `warnings`. */
function acceptsWarnings(request: FastifyRequest, status: number): boolean {
  const answers = request.routeOptions.schema?.response as Record<string, unknown> | undefined;
  const schema = answers?.[status];
  return schema instanceof z.ZodObject && 'warnings' in schema.shape;
}

function knownParameters(request: FastifyRequest): string[] {
  const schema = request.routeOptions.schema?.querystring;
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

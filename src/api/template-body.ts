import type { FastifyRequest } from 'fastify';
import type { Warning } from '../contract/common.ts';
import { ApiError } from '../contract/errors.ts';
import {
  type createTemplateBody,
  FIELDS_OF_ONE_JOB,
  MAX_TEMPLATE_BYTES,
  type ReplaceTemplateBody,
  type replaceTemplateBody,
} from '../contract/templates.ts';
import { reviewTemplate } from '../kinds/transcode/review-template.ts';
import type { TemplateVersion } from '../templates/stored-template.ts';
import { callerOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { unknownFields } from './warnings.ts';

type TemplateHttpRequest = FastifyRequest & { body: ReplaceTemplateBody };

/**
 * Checks the body of a request that saves a version of a template. Returns the version and warnings. Throws `invalid_request` or
 * `option_refused`.
 */
export async function checkTemplate(
  deps: ApiDeps,
  request: FastifyRequest,
  schema: typeof createTemplateBody | typeof replaceTemplateBody,
): Promise<{ content: TemplateVersion; warnings: Warning[] }> {
  const { body, sentBody } = request as TemplateHttpRequest;
  rejectFieldsOfOneJob(sentBody);
  const content = asStored(body);
  const bytes = Buffer.byteLength(JSON.stringify(content.request));
  if (bytes > MAX_TEMPLATE_BYTES) {
    throw new ApiError('invalid_request', {
      field: 'request',
      reason: `has ${bytes} bytes as JSON, and ${MAX_TEMPLATE_BYTES} are allowed`,
      remedy: 'Shorten options and filters, or send them with each job',
    });
  }
  const warnings = await reviewTemplate(deps, callerOf(request).account, body.request);
  return { content, warnings: [...unknownFields(schema, sentBody), ...warnings] };
}

/** Removes undefined fields, so that equal requests are equal versions. */
function asStored({ request, description }: ReplaceTemplateBody): TemplateVersion {
  return { description: description || null, request: JSON.parse(JSON.stringify(request)) };
}

/**
 * Throws `invalid_request` for fields that a template cannot contain. A warning is not enough: without `webhook_url`, for example, the
 * client would miss the events of its jobs.
 */
function rejectFieldsOfOneJob(sent: unknown): void {
  const { request } = sent as { request: object };
  const field = FIELDS_OF_ONE_JOB.find((name) => Object.hasOwn(request, name));
  if (field === undefined) return;
  throw new ApiError('invalid_request', {
    field: `request.${field}`,
    reason: 'cannot be part of a template',
    remedy: `Send ${field} with each job that uses the template`,
  });
}

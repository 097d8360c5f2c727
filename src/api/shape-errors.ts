import * as z from 'zod';
import type { Account } from '../accounts/accounts.ts';
import { unwrapSchema } from '../contract/common.ts';
import { ApiError, type ErrorCode, isErrorCode } from '../contract/errors.ts';
import { UPLOAD_CONTENT_TYPES } from '../contract/formats.ts';
import { MAX_UPLOAD_BYTES } from '../contract/limits.ts';
import { UPLOAD_ERROR_ORDER } from '../contract/uploads.ts';
import { shownName } from '../kinds/shared/field-names.ts';
import { sentInstead, valueAt } from '../kinds/shared/sent-instead.ts';
import { isPictureSequence, nearContentType } from './near-content-type.ts';

/** Maximum number of faults in `details.issues`. */
const MAX_ISSUES = 20;
const SEE_DOCS = 'See /docs for the shape of this request';

/** A fault that a schema found: a path like `/inputs/0/url`, and a message or an error code. */
export interface ShapeIssue {
  path: string;
  message: string;
}

/** A part of a request as the client sent it, and the schema that refused it. */
export interface SentPart {
  name: 'body' | 'query' | 'path';
  sent: unknown;
  schema: unknown;
}

/** Combines all faults into one error. A missing field is reported as missing, with the similar name that was sent. */
export function shapeError(
  issues: readonly ShapeIssue[],
  part: SentPart,
  account: Pick<Account, 'max_upload_bytes'> | null,
): ApiError {
  const named = UPLOAD_ERROR_ORDER.find((code) => issues.some((issue) => issue.message === code));
  const issue = issues.find((candidate) => candidate.message === named) ?? issues[0];
  const field = fieldName(issue?.path ?? '', part);
  const missing = issue ? describeMissing(issue.path, part) : null;
  if (named && isErrorCode(named)) {
    const sent = valueAt(part.sent, keysOf(issue!.path));
    return new ApiError(named, { field, ...(missing ?? uploadDetails(named, sent, account)) });
  }
  return new ApiError('invalid_request', {
    field,
    ...(missing ?? { reason: issue?.message ?? 'is not valid', remedy: SEE_DOCS }),
    issues: issues.slice(0, MAX_ISSUES).map(({ path, message }) => ({
      field: fieldName(path, part),
      reason: describeMissing(path, part)?.reason ?? message,
    })),
  });
}

function uploadDetails(
  code: ErrorCode,
  sent: unknown,
  account: Pick<Account, 'max_upload_bytes'> | null,
): Record<string, unknown> {
  if (code === 'file_too_large') {
    return { limit: Math.min(MAX_UPLOAD_BYTES, account?.max_upload_bytes ?? MAX_UPLOAD_BYTES) };
  }
  if (code !== 'invalid_file_type' || typeof sent !== 'string') return {};
  const accepted = UPLOAD_CONTENT_TYPES;
  if (isPictureSequence(sent)) {
    const reason = 'sequences of HEIC and AVIF pictures cannot be read; stills can';
    return { reason, remedy: 'Convert it, and declare "video/mp4"', near: 'video/mp4', accepted };
  }
  const near = nearContentType(sent);
  return {
    reason: `"${shownName(sent, 64)}" is not accepted`,
    remedy: near === null ? 'Declare one of the types in details.accepted' : `Declare "${near}"`,
    near,
    accepted,
  };
}

const keysOf = (path: string): string[] => path.split('/').filter(Boolean);

/** Null for a field that was sent. */
function describeMissing(path: string, part: SentPart): { reason: string; remedy: string } | null {
  const keys = keysOf(path);
  if (valueAt(part.sent, keys) != null) return null;
  const name = keys.at(-1);
  if (name === undefined) return { reason: 'is missing', remedy: 'Send a JSON object as application/json' };
  const near = sentInstead(name, valueAt(part.sent, keys.slice(0, -1)), knownFields(part.schema, keys.slice(0, -1)));
  if (near === null) return { reason: 'is missing', remedy: `Send ${name}` };
  return { reason: `is missing, but "${near}" was sent`, remedy: `Rename "${near}" to "${name}"` };
}

/** Names of the properties that the schema allows in the object at a path. */
function knownFields(schema: unknown, keys: readonly string[]): string[] {
  let inner: unknown = schema instanceof z.ZodType ? unwrapSchema(schema) : null;
  for (const key of keys) {
    if (inner instanceof z.ZodArray) inner = unwrapSchema(inner.element as z.ZodType);
    else if (inner instanceof z.ZodObject && Object.hasOwn(inner.shape, key)) inner = unwrapSchema(inner.shape[key]);
    else return [];
  }
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** `/inputs/0/url` → `inputs[0].url` */
function fieldName(path: string, part: SentPart): string {
  const name = keysOf(path)
    .map((key, index) => (/^\d+$/.test(key) ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join('');
  return name || part.name;
}

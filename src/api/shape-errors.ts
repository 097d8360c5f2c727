import { extname } from 'node:path';
import type * as z from 'zod';
import { ApiError, type ErrorCode, isErrorCode } from '../contract/errors.ts';
import { describeIssue, type Fault, type SchemaIssue } from '../contract/faults/describe-issue.ts';
import { shownName } from '../contract/faults/field-names.ts';
import { nearestName } from '../contract/faults/near-name.ts';
import { schemaAt, valuesOf } from '../contract/faults/schema-parts.ts';
import { valueAt } from '../contract/faults/sent-instead.ts';
import { CONTENT_TYPE_BY_EXTENSION, contentTypeOfName, UPLOAD_CONTENT_TYPES } from '../contract/formats.ts';
import { hideQueries } from '../contract/hide-queries.ts';
import { UPLOAD_ERROR_ORDER } from '../contract/uploads.ts';
import { unsupportedKind } from '../ffmpeg/index.ts';
import { isPictureSequence, plainContentType, suggestContentType } from './suggest-content-type.ts';

/** Maximum number of faults in `details.issues`. */
const MAX_ISSUES = 20;

/** A part of a request as the client sent it, and the schema that rejected it. */
export interface SentPart {
  name: 'body' | 'query' | 'path';
  sent: unknown;
  schema: unknown;
}

/** A schema's rejection of a request. `registerErrors` converts it to a response. */
export class SchemaRejection extends Error {
  readonly issues: readonly SchemaIssue[];

  constructor(issues: readonly SchemaIssue[]) {
    super('the request does not match its schema');
    this.issues = issues;
  }
}

/** Returns a function that checks a part of a request with the schema of its route. */
export function compileValidator({ schema }: { schema: unknown }) {
  return (value: unknown) => {
    const { success, data, error } = (schema as z.ZodType).safeParse(value);
    return success ? { value: data } : { error: new SchemaRejection(error.issues) };
  };
}

/** Combines all faults into one error. A missing field is reported together with the similar name that was sent. */
export function shapeError(issues: readonly SchemaIssue[], part: SentPart): ApiError {
  const sent = { name: part.name, value: part.sent, schema: part.schema };
  const code = UPLOAD_ERROR_ORDER.find((named) => issues.some(({ message }) => message === named));
  const first = issues.find(({ message }) => message === code) ?? issues[0]!;
  const fault = describeIssue(first, sent);
  if (code && isErrorCode(code)) return uploadError(code, fault, first, part);
  const keys = first.path.map(String);
  const accepted = valuesOf(schemaAt(part.schema, keys)) ?? undefined;
  const described = issues.slice(0, MAX_ISSUES).map((issue) => describeIssue(issue, sent));
  const details = { ...fault, ...(accepted && valueAt(part.sent, keys) != null && { accepted }), issues: described };
  return new ApiError('invalid_request', hideQueries(details));
}

/** Returns an error of uploads, whose text the API promises. */
function uploadError(code: ErrorCode, fault: Fault, issue: SchemaIssue, part: SentPart): ApiError {
  const sent = valueAt(part.sent, issue.path.map(String));
  const isType = code === 'invalid_file_type' && typeof sent === 'string';
  return new ApiError(
    code,
    hideQueries({ ...fault, ...(isType && typeFault(sent, part.sent, issue.path.slice(0, -1).map(String))) }),
  );
}

function typeFault(sent: string, body: unknown, parents: readonly string[]): Record<string, unknown> {
  const accepted = UPLOAD_CONTENT_TYPES;
  if (isPictureSequence(sent)) {
    const reason = 'sequences of HEIC and AVIF pictures cannot be read; stills can';
    return { reason, remedy: 'Convert it, and declare "video/mp4"', near: 'video/mp4', accepted };
  }
  const name = valueAt(body, [...parents, 'filename']);
  if (sent === '' && typeof name === 'string') return extensionFault(name);
  const unsupported = unsupportedKind(plainContentType(sent));
  if (unsupported) {
    const reason = `is the type of ${unsupported.name}, which Airlock doesn't support`;
    return { reason, remedy: unsupported.advice.replace(/\.$/, ''), near: null, accepted };
  }
  const near = suggestContentType(sent) ?? (typeof name === 'string' ? contentTypeOfName(name) : null);
  return {
    reason: `"${shownName(sent, 64)}" is not accepted`,
    remedy: near === null ? 'Declare one of the types in details.accepted' : `Declare "${near}"`,
    near,
    accepted,
  };
}

/** Returns the details of the error for an empty type and a file name that does not imply a type. */
function extensionFault(filename: string): Record<string, unknown> {
  const extension = extname(filename).slice(1).toLowerCase();
  const known = Object.keys(CONTENT_TYPE_BY_EXTENSION);
  const likely = nearestName(extension, known);
  const near = likely === null ? null : CONTENT_TYPE_BY_EXTENSION[likely]!;
  const problem = extension === '' ? 'has no extension' : `has the unknown extension ".${shownName(extension, 16)}"`;
  return {
    reason: `is empty, and the filename ${problem}`,
    remedy:
      near === null
        ? `Declare the type of the file, such as "video/mp4", or use one of the extensions ${known.join(', ')}`
        : `Did you mean ".${likely}"? Correct the extension, or declare "${near}"`,
    near,
    accepted: UPLOAD_CONTENT_TYPES,
  };
}

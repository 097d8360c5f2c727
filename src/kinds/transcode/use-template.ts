import type { Warning } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import { describeIssue } from '../../contract/faults/describe-issue.ts';
import { parseReference } from '../../contract/template-reference.ts';
import { type CreateBody, createBody } from '../../contract/transcodes.ts';
import type { RequestProblem } from '../../contract/validate.ts';
import { changedOutput, mergeTemplate, topField } from '../../templates/merge.ts';
import { findTemplate, type MissingTemplate, type UsedTemplate } from '../../templates/read.ts';
import type { AdmissionServices, Caller } from '../kind.ts';
import { positionOf } from '../problems.ts';

/** A request that was merged with its template. */
export interface TemplatedRequest {
  body: CreateBody;
  /** The version of the template, such as `web@3`; null without a template. */
  template: string | null;
  /** Converts a problem so that it refers to the client's request. If the field comes from the template, the problem names the template. */
  explainProblem: (problem: RequestProblem, field: string) => RequestProblem;
  explainWarning: (warning: Warning) => Warning;
}

/** Finds the template that a request names. Returns null if the request names no template. */
export async function findUsedTemplate(
  { context: { db, vault } }: Pick<AdmissionServices, 'context'>,
  { account }: Pick<Caller, 'account'>,
  { template }: Pick<CreateBody, 'template'>,
): Promise<UsedTemplate | MissingTemplate | null> {
  const reference = template === undefined ? null : parseReference(template);
  return reference && findTemplate({ db, vault, accountId: account.id }, reference);
}

/** Merges a request with its template. Throws `template_not_found`, or `invalid_request` for a conflict. */
export async function useTemplate(
  services: Pick<AdmissionServices, 'context'>,
  caller: Pick<Caller, 'account'>,
  body: CreateBody,
): Promise<TemplatedRequest> {
  const found = await findUsedTemplate(services, caller, body);
  if (found === null) return { body, template: null, explainProblem: (one) => one, explainWarning: (one) => one };
  if ('reason' in found) throw new ApiError('template_not_found', { field: 'template', ...found });
  const merge = mergeTemplate(body, found);
  if ('conflict' in merge) throw new ApiError('invalid_request', merge.conflict);
  // The merged request must satisfy the rules for combinations of fields.
  const parsed = createBody.safeParse(merge.body);
  const origin = originOf(body, found.reference);
  if (parsed.success) return { body: parsed.data, template: found.reference, ...origin };
  const fault = describeIssue(parsed.error.issues[0]!, { name: 'body', value: merge.body, schema: createBody });
  throw new ApiError('invalid_request', { ...fault, ...origin.explain(fault.field, fault.reason) });
}

/**
 * Returns functions that find out whether a faulty field comes from the request or from its template, so that each error names a field of
 * the request.
 */
function originOf(body: CreateBody, reference: string) {
  const isOwn = (field: string) => body[topField(field) as keyof CreateBody] !== undefined;
  // If the request changes the outputs, the error names the field of the request.
  const blamed = changedOutput(body) ?? 'template';
  const explain = (field: string, reason: string) =>
    isOwn(field) ? { field, reason } : { field: blamed, reason: `${field} of the template "${reference}": ${reason}` };
  return {
    explain,
    explainProblem: (problem: RequestProblem, field: string): RequestProblem => {
      if (isOwn(field)) return problem;
      const { field: shown, reason } = explain(field, problem.message);
      return { ...problem, field: shown, position: positionOf(shown, null), message: reason };
    },
    explainWarning: (warning: Warning): Warning => {
      if (isOwn(warning.field)) return warning;
      return { field: 'template', message: `${warning.field}: ${warning.message}` };
    },
  };
}

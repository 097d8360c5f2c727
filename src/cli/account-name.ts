import { ApiError } from '../contract/errors.ts';
import { describeIssue } from '../contract/faults/describe-issue.ts';
import { plainText } from '../contract/faults/rule.ts';

const accountName = plainText(100).min(1);

const SHOW_ALL = './airlock accounts list shows them';

/** Returns the trimmed name. Throws `invalid_request` if the name is invalid. */
export function checkAccountName(name: string): string {
  const { success, data, error } = accountName.safeParse(name);
  if (success) return data;
  const fault = describeIssue(error.issues[0]!, { name: 'name', value: name, schema: accountName });
  throw new ApiError('invalid_request', { ...fault });
}

export function unknownAccount(): ApiError {
  return new ApiError('not_found', { reason: 'No account has that name', remedy: SHOW_ALL });
}

export function takenName(): ApiError {
  const remedy = `Choose another; ${SHOW_ALL}`;
  return new ApiError('invalid_request', { field: 'name', reason: 'already belongs to an account', remedy });
}

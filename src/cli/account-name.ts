import * as z from 'zod';
import { ApiError } from '../contract/errors.ts';

const accountName = z
  .string()
  .trim()
  .min(1, { error: 'must not be empty' })
  .max(100, { error: 'must be at most 100 characters' })
  .regex(/^\P{Cc}*$/u, { error: 'must not contain control characters' });

const SHOW_ALL = './airlock accounts list shows them';

/** Trims and checks a name. Throws `invalid_request`. */
export function checkAccountName(name: string): string {
  const { success, data, error } = accountName.safeParse(name);
  if (success) return data;
  throw new ApiError('invalid_request', {
    field: 'name',
    reason: error.issues[0]!.message,
    remedy: 'Choose another name',
  });
}

export function unknownAccount(): ApiError {
  return new ApiError('not_found', { reason: 'No account has that name', remedy: SHOW_ALL });
}

export function takenName(): ApiError {
  const remedy = `Choose another; ${SHOW_ALL}`;
  return new ApiError('invalid_request', { field: 'name', reason: 'already belongs to an account', remedy });
}

import { useEffect, useState } from 'preact/hooks';
import type { ValidateAnswer } from '../../../../src/contract/validate.ts';
import { call } from '../../api/client.ts';
import { type Shown, shownOf } from '../../api/problem.ts';
import type { Body } from './request.ts';

/** Milliseconds between the last change and the check of the request. */
const PAUSE_MS = 250;

export interface Validation {
  state: 'checking' | 'valid' | 'invalid';
  /** The commands that the request would run. */
  commands: readonly (readonly string[])[];
  errors: ValidateAnswer['errors'];
  warnings: ValidateAnswer['warnings'];
  /** Why the request could not be checked. */
  problem: Shown | null;
}

const NOTHING: Validation = { state: 'checking', commands: [], errors: [], warnings: [], problem: null };

/**
 * Returns the result of the API's check of a request while a person writes the request. The result of the last check stays until the next
 * check ends.
 */
export function useValidation(body: Body): Validation {
  const [validation, setValidation] = useState(NOTHING);
  useEffect(() => {
    const unmount = new AbortController();
    const check = async () => {
      try {
        const options = { body, signal: unmount.signal };
        const { valid, ...answer } = await call<ValidateAnswer>('POST', '/v1/transcodes/validate', options);
        setValidation({ ...answer, state: valid ? 'valid' : 'invalid', problem: null });
      } catch (error) {
        if (!unmount.signal.aborted) setValidation({ ...NOTHING, state: 'invalid', problem: shownOf(error) });
      }
    };
    const timer = setTimeout(check, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      unmount.abort();
    };
  }, [body]);
  return validation;
}

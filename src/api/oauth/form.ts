import { OauthError } from './errors.ts';

const MAX_PARAMETERS = 40;

/**
 * Returns the parameters of a query or form. Rejects repeated parameters (RFC 6749, 3.1), because two programs could read different values.
 */
export function parametersOf(text: string): Record<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (found.has(name)) throw new OauthError('invalid_request', 'A parameter is sent more than once');
    found.set(name, value);
    if (found.size > MAX_PARAMETERS) throw new OauthError('invalid_request', 'There are too many parameters');
  }
  return Object.fromEntries([...found].filter(([, value]) => value !== ''));
}

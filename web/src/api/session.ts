import type { SessionView, SetupLinkView } from '../../../src/contract/people.ts';
import { call, get, post, remove } from './client.ts';
import { Problem } from './problem.ts';
import { hasExpired, session } from './session-state.ts';

/**
 * Loads the session, which is null if no person has signed in. If the request fails for another reason, leaves the session unchanged and
 * throws.
 */
export async function loadSession(): Promise<void> {
  try {
    session.value = await get<SessionView>('/v1/session');
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    session.value = null;
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  const started = await post<SessionView>('/v1/session', { email, password });
  hasExpired.value = false;
  session.value = started;
}

export async function signOut(): Promise<void> {
  await remove('/v1/session');
  hasExpired.value = false;
  session.value = null;
}

/** Returns the purpose of a one-time link. The token is sent in a header, so that no log contains it. */
export function readInvitation(token: string): Promise<SetupLinkView> {
  return call<SetupLinkView>('GET', '/v1/setup', { headers: { 'x-airlock-setup': token } });
}

export async function acceptInvitation(token: string, password: string, email?: string): Promise<void> {
  session.value = await post<SessionView>('/v1/setup', { token, password, ...(email !== undefined && { email }) });
  hasExpired.value = false;
}

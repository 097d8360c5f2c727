import { signal } from '@preact/signals';
import type { SessionView } from '../../../src/contract/people.ts';

/** Undefined until the server has been asked. */
export const session = signal<SessionView | null | undefined>(undefined);
/** Whether a session has ended by itself, so that the sign-in page can say why it is shown. */
export const hasExpired = signal(false);

export function csrfToken(): string | null {
  return session.peek()?.csrf ?? null;
}

export function endSession(): void {
  if (session.peek()) hasExpired.value = true;
  session.value = null;
}

/** What a role may do here; the API decides, and this only hides what it would reject. */
export function may(action: 'create' | 'manage' | 'operate'): boolean {
  const role = session.value?.user.role;
  if (action === 'operate') return role === 'operator';
  if (action === 'manage') return role === 'operator' || role === 'admin';
  return role !== undefined && role !== 'viewer';
}

import { signal } from '@preact/signals';
import type { SessionView } from '../../../src/contract/people.ts';

/** The session; null if no person has signed in, and undefined until the server has responded. */
export const session = signal<SessionView | null | undefined>(undefined);
/** Whether a session has expired, so that the sign-in page can explain why it is shown. */
export const hasExpired = signal(false);

export function csrfToken(): string | null {
  return session.peek()?.csrf ?? null;
}

export function endSession(): void {
  if (session.peek()) hasExpired.value = true;
  session.value = null;
}

/** Whether the person's role allows an action. The API enforces permissions. The dashboard only hides actions that the API would reject. */
export function may(action: 'create' | 'manage' | 'operate'): boolean {
  const role = session.value?.user.role;
  if (action === 'operate') return role === 'operator';
  if (action === 'manage') return role === 'operator' || role === 'admin';
  return role !== undefined && role !== 'viewer';
}

import { useEffect, useState } from 'preact/hooks';
import { Problem, type Shown, shownOf } from '../api/problem.ts';
import { signIn } from '../api/session.ts';
import { hasExpired } from '../api/session-state.ts';
import { ErrorNotice, Notice } from '../ui/feedback.tsx';
import { TextField } from '../ui/field.tsx';
import { Mark } from '../ui/icon.tsx';

export function SignInPage() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<Shown | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · Airlock';
  }, []);

  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await signIn(email, password);
    } catch (thrown) {
      setError(reasonOf(thrown));
      setPassword('');
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="gate">
      <div class="gate-card">
        <div class="brand">
          <Mark />
          Airlock
        </div>
        <h1>Sign in</h1>
        {hasExpired.value && !error && <Notice>Your session has ended. Sign in again to continue.</Notice>}
        {error && <ErrorNotice error={error} />}
        <form class="form" onSubmit={submit}>
          <TextField label="Email" type="email" autocomplete="username" required value={email} onInput={setEmail} />
          <TextField
            label="Password"
            type="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={setPassword}
          />
          <button type="submit" class="button main-action" disabled={isBusy}>
            {isBusy ? 'Signing in…' : 'Sign in'}
          </button>
        </form>
        <p class="hint">
          No account or no password yet? The operator of this server can create a link with <code>./airlock users</code>
          .
        </p>
      </div>
    </main>
  );
}

function reasonOf(error: unknown): Shown {
  if (!(error instanceof Problem)) return shownOf(error);
  if (error.status === 401) return { message: 'Email or password is wrong.' };
  if (error.status !== 429) return error;
  const wait = error.retryAfter ?? 60;
  const time = wait < 90 ? `${wait} seconds` : `${Math.ceil(wait / 60)} minutes`;
  return { message: `Too many attempts. Try again in ${time}.` };
}

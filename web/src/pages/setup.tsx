import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { SetupLinkView } from '../../../src/contract/people.ts';
import { type Shown, shownOf } from '../api/problem.ts';
import { acceptInvitation, readInvitation } from '../api/session.ts';
import { ErrorNotice, Skeleton } from '../ui/feedback.tsx';
import { TextField } from '../ui/field.tsx';
import { Mark } from '../ui/icon.tsx';

const MIN_PASSWORD = 12;

/** The page that a one-time link opens. The token of the link follows the `#`, which browsers send to no server. */
export function SetupPage() {
  const [token] = useState(takeToken);
  const [invitation, setInvitation] = useState<SetupLinkView | null>(null);
  const [error, setError] = useState<Shown | null>(null);
  useEffect(() => {
    document.title = 'Set up · Airlock';
    readInvitation(token).then(setInvitation, (thrown) => setError(shownOf(thrown)));
  }, [token]);
  return (
    <main class="gate">
      <div class="gate-card">
        <div class="brand">
          <Mark />
          Airlock
        </div>
        {error ? (
          <>
            <h1>This link does not work</h1>
            <ErrorNotice error={error} />
            <p class="hint">
              A link works once, and not for ever. The operator of this server makes a new one with{' '}
              <code>./airlock users reset</code>.
            </p>
            <a href="/sign-in">Sign in instead</a>
          </>
        ) : invitation ? (
          <SetupForm token={token} invitation={invitation} />
        ) : (
          <Skeleton />
        )}
      </div>
    </main>
  );
}

function SetupForm({ token, invitation }: { token: string; invitation: SetupLinkView }) {
  const { route } = useLocation();
  const [email, setEmail] = useState(invitation.email ?? '');
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const [error, setError] = useState<Shown | null>(null);

  const submit = async (event: Event) => {
    event.preventDefault();
    setError(null);
    if (password.length < MIN_PASSWORD || repeated !== password) return;
    try {
      await acceptInvitation(token, password, invitation.email === null ? email : undefined);
      route('/jobs', true);
    } catch (thrown) {
      setError(shownOf(thrown));
    }
  };

  return (
    <>
      <div>
        <h1>Welcome to Airlock</h1>
        <p class="muted">
          You become {invitation.role === 'admin' || invitation.role === 'operator' ? 'an' : 'a'} {invitation.role} of
          the account {invitation.account.name}.
        </p>
      </div>
      {error && <ErrorNotice error={error} />}
      <form class="form" onSubmit={submit}>
        {invitation.email === null ? (
          <TextField label="Email" type="email" autocomplete="username" required value={email} onInput={setEmail} />
        ) : (
          <input type="hidden" autocomplete="username" value={invitation.email} />
        )}
        <NewPasswordFields password={password} repeated={repeated} onPassword={setPassword} onRepeated={setRepeated} />
        <button type="submit" class="button main-action">
          Set password and sign in
        </button>
      </form>
    </>
  );
}

interface PasswordsProps {
  password: string;
  repeated: string;
  onPassword: (password: string) => void;
  onRepeated: (repeated: string) => void;
}

function NewPasswordFields({ password, repeated, onPassword, onRepeated }: PasswordsProps) {
  const isShort = password.length > 0 && password.length < MIN_PASSWORD;
  const differs = repeated.length > 0 && repeated !== password;
  return (
    <>
      <TextField
        label="Password"
        type="password"
        autocomplete="new-password"
        required
        value={password}
        onInput={onPassword}
        hint={`At least ${MIN_PASSWORD} characters. A sentence is easy to remember.`}
        error={isShort ? `${MIN_PASSWORD - password.length} more to go.` : null}
      />
      <TextField
        label="Password again"
        type="password"
        autocomplete="new-password"
        required
        value={repeated}
        onInput={onRepeated}
        error={differs ? 'The two differ.' : null}
      />
    </>
  );
}

/** Returns the token, and removes it from the address, so that no history and no screenshot contains it. */
function takeToken(): string {
  const token = decodeURIComponent(location.hash.slice(1));
  if (token) history.replaceState(null, '', '/setup');
  return token;
}

import { ensureAccount } from '../../accounts/accounts.ts';
import type { Config } from '../../config/config.ts';
import { loadTls } from '../../config/tls.ts';
import { ApiError } from '../../contract/errors.ts';
import { email as emailSchema, type Role } from '../../contract/people.ts';
import type { Tx } from '../../database/pool.ts';
import { createSetupLink } from '../../identity/setup-links.ts';
import { setupPath } from '../../identity/setup-path.ts';
import { createUser, findUser, listUsers, setDisabled, type User } from '../../identity/users.ts';
import { readReadyFile } from '../../supervisor/ready-file.ts';
import { checkAccountName } from '../account-name.ts';
import { listenUrl } from '../endpoints.ts';
import { UsageError } from '../exit.ts';
import { withKeys } from '../local-database.ts';
import { bold, dim } from '../style.ts';

const BY_CLI = { actor: 'cli' };

interface JsonOption {
  json?: boolean;
}

export async function createUserCommand(
  config: Config,
  email: string,
  options: JsonOption & { role: Role; account: string },
): Promise<void> {
  const { role } = options;
  const checked = emailOf(email);
  const account = checkAccountName(options.account);
  const made = await withKeys(config, ({ db }) =>
    db.transaction().execute(async (tx) => {
      const { id } = await ensureAccount(tx, account, BY_CLI.actor);
      const user = await createUser(tx, { accountId: id, email: checked, role }, BY_CLI);
      return { user, token: await createSetupLink(tx, user, BY_CLI) };
    }),
  );
  await printLink(config, made, options);
}

export async function listUsersCommand(config: Config, options: JsonOption): Promise<void> {
  const users = await withKeys(config, ({ db }) => listUsers(db));
  if (options.json) {
    write(JSON.stringify(users.map((user) => ({ ...view(user), account: user.account }))));
    return;
  }
  if (users.length === 0) process.stderr.write('No users yet. Create one with ./airlock users create EMAIL\n');
  const width = Math.max(0, ...users.map(({ email }) => email.length));
  for (const user of users) {
    const seen = user.last_sign_in_at ? `last signed in ${user.last_sign_in_at.toISOString()}` : 'never signed in';
    write(
      `${user.email.padEnd(width)}  ${user.role.padEnd(8)}  ${stateOf(user).padEnd(8)}  ${user.account}  ${dim(seen)}`,
    );
  }
}

export async function resetUserCommand(config: Config, email: string, options: JsonOption): Promise<void> {
  const made = await withUser(config, email, async (tx, user) => {
    if (user.disabled_at)
      throw new UsageError(
        `${user.email} is disabled. Enable the person with ./airlock users disable ${user.email} --undo.`,
      );
    return { user, token: await createSetupLink(tx, user, BY_CLI) };
  });
  await printLink(config, made, options);
}

export async function disableUserCommand(
  config: Config,
  email: string,
  options: JsonOption & { undo?: boolean },
): Promise<void> {
  const disabled = !options.undo;
  const user = await withUser(config, email, async (tx, found) => {
    await setDisabled(tx, found, disabled, BY_CLI);
    return { ...found, disabled_at: disabled ? new Date() : null };
  });
  write(options.json ? JSON.stringify(view(user)) : `${user.email} is ${disabled ? 'disabled' : 'enabled'}.`);
}

/** Prints a set-up link. Writes only the link to standard output, so that scripts can use it. */
async function printLink(config: Config, made: { user: User; token: string }, options: JsonOption): Promise<void> {
  const link = `${await serverUrl(config)}${setupPath(made.token)}`;
  if (options.json) return write(JSON.stringify({ ...view(made.user), link }));
  process.stderr.write(dim(`${made.user.email}, ${made.user.role}. The link sets the password, once, within a day:\n`));
  write(bold(link));
}

/** Returns the address at which browsers reach this server: the address of the running service, or else the address in the settings. */
async function serverUrl(config: Config): Promise<string> {
  const running = await readReadyFile(config.dataDir);
  if (running) return running.api;
  const hasTls = config.publicUrl === null && (await loadTls(config.tls, config.dataDir, [config.host])) !== null;
  return config.publicUrl ?? listenUrl(config, config.port, hasTls);
}

async function withUser<T>(config: Config, email: string, work: (tx: Tx, user: User) => Promise<T>): Promise<T> {
  return withKeys(config, ({ db }) =>
    db.transaction().execute(async (tx) => {
      const user = await findUser(tx, email);
      if (!user) {
        throw new ApiError('not_found', {
          reason: 'No user has that email address',
          remedy: './airlock users list shows all people',
        });
      }
      return work(tx, user);
    }),
  );
}

function view(user: User) {
  return { id: user.id, email: user.email, role: user.role, state: stateOf(user) };
}

function stateOf({ disabled_at, password_hash }: User): 'disabled' | 'invited' | 'active' {
  if (disabled_at) return 'disabled';
  return password_hash ? 'active' : 'invited';
}

function emailOf(text: string): string {
  const { success, data } = emailSchema.safeParse(text);
  if (!success) throw new UsageError(`"${text}" is not an email address.`);
  return data;
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

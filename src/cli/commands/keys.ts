import { DEFAULT_ACCOUNT, ensureAccount } from '../../accounts/accounts.ts';
import type { JudgedKey } from '../../accounts/key-life.ts';
import {
  type CreatedKey,
  createKey,
  listAllKeys,
  listKeysMadeBy,
  revokeKey,
  rotateKey,
  viewKey,
} from '../../accounts/keys.ts';
import type { Config } from '../../config/config.ts';
import { ApiError } from '../../contract/errors.ts';
import { type CreateKeyBody, createKeyBody } from '../../contract/keys.ts';
import { isUuid } from '../../crypto/uuid.ts';
import type { Pool, Tx } from '../../database/pool.ts';
import { checkAccountName } from '../account-name.ts';
import { UsageError } from '../exit.ts';
import { withKeys } from '../local-database.ts';
import { describeOption } from '../option-fault.ts';
import { printList } from '../printing.ts';
import { bold, dim, out } from '../style.ts';
import { type Column, table } from '../table.ts';
import { ago, moment } from '../times.ts';

const BY_CLI = { actor: 'cli' };

interface JsonOption {
  json?: boolean;
}

interface ListOptions extends JsonOption {
  madeBy?: string;
  all?: boolean;
}

const COLUMNS: readonly Column<JudgedKey>[] = [
  { title: 'id', value: ({ id }) => id },
  { title: 'key', value: ({ hint }) => `…${hint}`, drop: 2 },
  { title: 'state', value: stateOf, paint: (cell, key) => (key.is_alive ? out.green : out.dim)(cell) },
  { title: 'scopes', value: ({ scopes }) => scopes.join(','), least: 12, drop: 1 },
  { title: 'used', value: ({ last_used_at: at }) => (at ? ago(at.toISOString()) : 'never'), right: true, drop: 3 },
  { title: 'name', value: ({ name }) => name, least: 12 },
];

export async function createKeyCommand(
  config: Config,
  options: JsonOption & { name: string; account?: string; scopes?: string; expires?: string; allow?: string },
): Promise<void> {
  const list = (text: string | undefined) =>
    text
      ?.split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  const body = {
    name: options.name,
    scopes: list(options.scopes),
    expires_at: options.expires,
    allowed_cidrs: list(options.allow),
  };
  const parsed = createKeyBody.safeParse(body);
  if (!parsed.success) {
    const sent = { name: 'key', value: body, schema: createKeyBody };
    throw new UsageError(describeOption(parsed.error.issues[0]!, sent, OPTIONS));
  }
  const account = checkAccountName(options.account ?? DEFAULT_ACCOUNT);
  const created = await withKeys(config, (pool) => create(pool, parsed.data, account));
  print(created, options);
}

export async function listKeysCommand(config: Config, options: ListOptions): Promise<void> {
  const { madeBy, all: endedCommands = false } = options;
  if (madeBy !== undefined) requireId(madeBy);
  const keys = await withKeys(config, ({ db }) =>
    madeBy ? listKeysMadeBy(db, madeBy) : listAllKeys(db, { endedCommands }),
  );
  if (options.json) {
    process.stdout.write(`${JSON.stringify(keys.map(viewKey))}\n`);
    return;
  }
  const none = madeBy
    ? 'That key has created no other keys.'
    : 'No keys yet. Create one with ./airlock keys create --name NAME';
  const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  printList(table(keys, COLUMNS, width, out.bold), keys.length, none);
}

/** Returns `active`, `ended`, or the time at which the key ends. */
function stateOf(key: JudgedKey): string {
  if (!key.is_alive) return 'ended';
  const [end] = [key.expires_at, key.dies_at].filter((at) => at !== null).sort((a, b) => a.getTime() - b.getTime());
  return end ? `until ${moment(end.toISOString())}` : 'active';
}

export async function rotateKeyCommand(
  config: Config,
  id: string,
  options: JsonOption & { overlap?: string },
): Promise<void> {
  requireId(id);
  const overlapSeconds = Number(options.overlap ?? 0);
  if (!Number.isInteger(overlapSeconds) || overlapSeconds < 0)
    throw new UsageError('--overlap must be an integer number of seconds, such as 3600.');
  const rotated = await withKey(config, (tx) => rotateKey(tx, id, { overlapSeconds }, BY_CLI));
  const until = rotated.oldKeyUntil.toISOString();
  print(rotated, options, { old_key_until: until });
  if (options.json) return;
  const end = overlapSeconds > 0 ? `works until ${moment(until)}` : 'no longer works';
  process.stderr.write(`The old key ${id} ${end}.\n`);
}

export async function revokeKeyCommand(config: Config, id: string, options: JsonOption): Promise<void> {
  requireId(id);
  const key = await withKey(config, (tx) => revokeKey(tx, id, undefined, BY_CLI));
  process.stdout.write(options.json ? `${JSON.stringify(viewKey(key))}\n` : `Revoked ${key.id} (…${key.hint}).\n`);
}

/** The option that sets each field of a request for a key. */
const OPTIONS: Readonly<Record<string, string>> = {
  name: '--name',
  scopes: '--scopes',
  expires_at: '--expires',
  allowed_cidrs: '--allow',
};

function create(pool: Pool, body: CreateKeyBody, accountName: string): Promise<CreatedKey> {
  return pool.db.transaction().execute(async (tx) => {
    const account = await ensureAccount(tx, accountName, BY_CLI.actor);
    return createKey(tx, account.id, body, BY_CLI);
  });
}

function print({ key, raw }: CreatedKey, options: JsonOption, more: { old_key_until?: string } = {}): void {
  if (options.json) {
    const { id, name, scopes, created_at } = viewKey(key);
    process.stdout.write(`${JSON.stringify({ id, name, key: raw, scopes, created_at, ...more })}\n`);
    return;
  }
  process.stderr.write(dim('The key is shown only once:\n'));
  process.stdout.write(`${bold(raw)}\n`);
  process.stderr.write(dim(`id ${key.id}, scopes ${key.scopes.join(',')}\n`));
}

/** Runs a change of one key in a transaction. For an unknown ID, the error names the command that lists keys. */
async function withKey<T>(config: Config, work: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await withKeys(config, (pool) => pool.db.transaction().execute(work));
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'not_found') throw error;
    throw new ApiError('not_found', { reason: 'No key has this ID', remedy: 'List the keys with ./airlock keys list' });
  }
}

function requireId(id: string): void {
  if (!isUuid(id)) throw new UsageError(`"${id}" is not the ID of a key. List the keys with ./airlock keys list.`);
}

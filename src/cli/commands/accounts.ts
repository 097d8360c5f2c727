import {
  accountUsage,
  changeAccount,
  createAccount,
  findAccount,
  listAccounts,
  viewAccount,
} from '../../accounts/account-settings.ts';
import type { Account } from '../../accounts/accounts.ts';
import type { Config } from '../../config/config.ts';
import {
  type AccountChanges,
  type AccountUsage,
  type AccountView,
  inThousands,
  NUMBER_SETTINGS,
  type NumberSettingName,
  numberFault,
  SWITCH_SETTINGS,
  type SwitchSettingName,
  settingFlag,
} from '../../contract/account-settings.ts';
import type { Tx } from '../../database/pool.ts';
import { checkAccountName, takenName, unknownAccount } from '../account-name.ts';
import { UsageError } from '../exit.ts';
import { withKeys } from '../local-database.ts';
import { bold, dim } from '../style.ts';

const ACTOR = 'cli';
/** Words that restore the default of a numeric setting. */
const RESET_WORDS = ['default', 'none'];

interface JsonOption {
  json?: boolean;
}

/** Options as commander parses them: texts by the names of the settings in camel case. */
export type SettingTexts = Readonly<Record<string, string | boolean | undefined>>;

export async function listAccountsCommand(config: Config, options: JsonOption): Promise<void> {
  const accounts = (await withKeys(config, (pool) => listAccounts(pool.db))).map(viewAccount);
  if (options.json) {
    write(JSON.stringify(accounts));
    return;
  }
  if (accounts.length === 0) process.stderr.write('No accounts yet. Create one with ./airlock accounts create NAME\n');
  for (const account of accounts) {
    const own = ownSettings(account).map(([name, value]) => `${name}=${value}`);
    const state = account.disabled_at ? 'disabled' : 'open';
    write(`${account.id}  ${state}  ${own.join(' ') || 'defaults'}  ${account.name}`);
  }
}

export async function showAccountCommand(config: Config, name: string, options: JsonOption): Promise<void> {
  const { account, usage } = await withKeys(config, async ({ db }) => {
    const found = await findAccount(db, name);
    if (!found) throw unknownAccount();
    return { account: found, usage: await accountUsage(db, found) };
  });
  print(account, usage, options);
}

export async function createAccountCommand(config: Config, name: string, options: JsonOption): Promise<void> {
  const checked = checkAccountName(name);
  const account = await inTransaction(config, (tx) => createAccount(tx, checked, ACTOR));
  if (!account) throw takenName();
  if (options.json) {
    write(JSON.stringify(viewAccount(account)));
    return;
  }
  write(`Created ${account.name} (${account.id}).`);
  process.stderr.write(dim('Create a key for it: ./airlock keys create --name NAME --account ACCOUNT\n'));
}

export async function setAccountCommand(config: Config, name: string, texts: SettingTexts & JsonOption): Promise<void> {
  const changes = readChanges(texts);
  const account = await inTransaction(config, (tx) => changeAccount(tx, { name }, changes, ACTOR));
  if (!account) throw unknownAccount();
  print(account, null, texts);
}

/**
 * Returns the changes that the options request. Throws `UsageError` with option, reason and accepted values if a value is invalid, and also
 * if no option changes a setting.
 */
export function readChanges(texts: SettingTexts): AccountChanges {
  const changes: AccountChanges = {};
  for (const name of Object.keys(NUMBER_SETTINGS) as NumberSettingName[]) {
    const text = texts[camelCase(name)];
    if (typeof text === 'string') changes[name] = readNumber(name, text.trim());
  }
  for (const name of Object.keys(SWITCH_SETTINGS) as SwitchSettingName[]) {
    const text = texts[name];
    if (typeof text !== 'string') continue;
    if (text !== 'on' && text !== 'off') throw new UsageError(`${settingFlag(name)} must be on or off, not "${text}".`);
    changes[name] = text === 'on';
  }
  if (Object.keys(changes).length === 0) {
    throw new UsageError('Nothing to set. ./airlock accounts set --help lists the settings.');
  }
  return changes;
}

function readNumber(name: NumberSettingName, text: string): number | null {
  if (RESET_WORDS.includes(text)) return null;
  // Only digits are accepted, because 1e3, 0x10 and 512mb are ambiguous.
  const reason = numberFault(name, /^\d+$/.test(text) ? Number(text) : Number.NaN);
  if (reason) throw new UsageError(`${settingFlag(name)} ${reason}, or "default"; not "${text}".`);
  return Number(text);
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Returns the settings of this account that differ from the defaults. */
function ownSettings(account: AccountView): [string, string | number][] {
  const numbers = (Object.keys(NUMBER_SETTINGS) as NumberSettingName[]).flatMap((name): [string, number][] => {
    const value = account[name];
    return value === null || inThousands(value) === NUMBER_SETTINGS[name].fallback ? [] : [[name, value]];
  });
  return account.disarm ? [...numbers, ['disarm', 'on']] : numbers;
}

function print(account: Account, usage: AccountUsage | null, options: JsonOption): void {
  const view = viewAccount(account);
  if (options.json) {
    write(JSON.stringify({ ...view, ...(usage && { usage }) }));
    return;
  }
  write(`${bold(view.name)} (${view.id})`);
  const own = new Map(ownSettings(view));
  for (const [name, { meaning, fallback }] of Object.entries(NUMBER_SETTINGS)) {
    row(name, own.get(name) ?? dim(fallback), meaning);
  }
  row('disarm', view.disarm ? 'on' : dim('off'), SWITCH_SETTINGS.disarm.meaning);
  row('disabled', view.disabled_at ? `since ${view.disabled_at}` : dim('off'), SWITCH_SETTINGS.disabled.meaning);
  if (usage) {
    write(
      `${usage.keys} active keys, ${usage.waiting} jobs waiting, ${usage.running} running, ${usage.minutes} minutes this month, ` +
        `${inThousands(usage.stored_bytes)} bytes stored or promised, ${usage.open_uploads} open uploads` +
        (usage.awaiting > 0 ? `, ${usage.awaiting} jobs awaiting child jobs, a review or an upload` : ''),
    );
  }
}

function row(name: string, value: string | number, meaning: string): void {
  write(`  ${name.padEnd(20)} ${value}  ${dim(meaning)}`);
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

function inTransaction<T>(config: Config, work: (tx: Tx) => Promise<T>): Promise<T> {
  return withKeys(config, (pool) => pool.db.transaction().execute(work));
}

import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { NUMBER_SETTINGS, SWITCH_SETTINGS, settingFlag } from '../contract/account-settings.ts';

/** Adds `./airlock accounts`: the owners of keys and jobs, and their limits. */
export function addAccounts(program: Command): void {
  const accounts = program.command('accounts').description('Show, create and configure accounts');
  accounts
    .command('list')
    .description('List all accounts, with the settings that differ from the defaults')
    .option('--json', 'print JSON')
    .action(async (options) => (await load()).listAccountsCommand(readConfig(), options));
  accounts
    .command('show')
    .description(
      'Show the settings of an account, and its usage: keys, jobs, minutes of input this month, bytes and uploads',
    )
    .argument('<name>', 'name of the account')
    .option('--json', 'print JSON')
    .action(async (name, options) => (await load()).showAccountCommand(readConfig(), name, options));
  accounts
    .command('create')
    .description('Create an account with default settings')
    .argument('<name>', 'name of the account')
    .option('--json', 'print JSON')
    .action(async (name, options) => (await load()).createAccountCommand(readConfig(), name, options));
  addSet(accounts);
}

function addSet(accounts: Command): void {
  const set = accounts
    .command('set')
    .description(
      'Change settings of an account. They apply to the next request of the account, and to its next job that starts',
    )
    .argument('<name>', 'name of the account');
  for (const [name, { meaning, fallback, least }] of Object.entries(NUMBER_SETTINGS)) {
    set.option(`${settingFlag(name)} <n>`, `${meaning} (at least ${least}, default: ${fallback})`);
  }
  for (const [name, { meaning }] of Object.entries(SWITCH_SETTINGS)) {
    set.option(`${settingFlag(name)} <on|off>`, meaning);
  }
  set.option('--json', 'print JSON').addHelpText(
    'after',
    `
Examples:
  ./airlock accounts set partner --memory-mb 1024 --wall-seconds 600
  ./airlock accounts set partner --memory-mb default
  ./airlock accounts set partner --disarm on

To restore a default, use "default" or "none" instead of a number. For each job, the lowest limit of the server, the account and
the job applies, so an account can only lower the server's limits. A job that exceeds a limit fails, and its error states who set
the limit.`,
  );
  set.action(async (name, options) => (await load()).setAccountCommand(readConfig(), name, options));
}

function load() {
  return import('./commands/accounts.ts');
}

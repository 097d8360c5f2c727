import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { NUMBER_SETTINGS, SWITCH_SETTINGS, settingFlag } from '../contract/account-settings.ts';

/** `./airlock accounts`: who owns keys and jobs, and what each may use. */
export function addAccounts(program: Command): void {
  const accounts = program.command('accounts').description('Show accounts, make them and set what they may use');
  accounts
    .command('list')
    .description('Every account, with the settings that are its own')
    .option('--json', 'print JSON')
    .action(async (options) => (await load()).listAccountsCommand(readConfig(), options));
  accounts
    .command('show')
    .description('All settings of one account, its live keys, jobs, and minutes of this month')
    .argument('<name>')
    .option('--json', 'print JSON')
    .action(async (name, options) => (await load()).showAccountCommand(readConfig(), name, options));
  accounts
    .command('create')
    .description('Make an account with the defaults')
    .argument('<name>')
    .option('--json', 'print JSON')
    .action(async (name, options) => (await load()).createAccountCommand(readConfig(), name, options));
  addSet(accounts);
}

function addSet(accounts: Command): void {
  const set = accounts
    .command('set')
    .description('Change settings of an account; they apply from its next request and the next job that starts')
    .argument('<name>');
  for (const [name, { meaning, otherwise, least }] of Object.entries(NUMBER_SETTINGS)) {
    set.option(`${settingFlag(name)} <n>`, `${meaning}; at least ${least}; default: ${otherwise}`);
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

"default" (or "none") in place of a number takes a setting back to what the server says. What one transcode may use can
only be lowered: of the server's, the account's and the job's own limit the lowest holds. A job that hits one fails, and
says whose it was.`,
  );
  set.action(async (name, options) => (await load()).setAccountCommand(readConfig(), name, options));
}

function load() {
  return import('./commands/accounts.ts');
}

import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { choiceOption } from './option-types.ts';

// Not imported from the schema, because each command reads this file, and most commands need no Zod.
const ROLES = ['operator', 'admin', 'member', 'viewer'];

/** Adds `./airlock users`: the people who sign in to the dashboard. */
export function addUsers(program: Command): void {
  const users = program
    .command('users')
    .description('Create, list and disable the people who sign in to the dashboard, and reset their passwords')
    .addHelpText(
      'after',
      `
Examples:
  ./airlock users create ada@example.org --role admin --account partner
  ./airlock users reset ada@example.org
  ./airlock users disable ada@example.org

Roles: operator (the entire server), admin (keys, webhooks and jobs of an account), member (jobs), viewer (reads).
The link that sets the password works once, within a day. Airlock sends no email, so send the link to the person yourself.`,
    );
  users
    .command('create')
    .description('Create a person, and print the link with which the person sets a password')
    .argument('<email>', 'email address of the person')
    .addOption(choiceOption('--role <role>', 'role of the person', ROLES).default('member'))
    .option(
      '--account <name>',
      'account of the person. The command creates the account if it does not exist',
      'default',
    )
    .option('--json', 'print JSON')
    .action(async (email, options) => (await load()).createUserCommand(readConfig(), email, options));
  users
    .command('list')
    .description('List all people')
    .option('--json', 'print JSON')
    .action(async (options) => (await load()).listUsersCommand(readConfig(), options));
  users
    .command('reset')
    .description('Print a link with which a person sets a new password. Until then, the old password works')
    .argument('<email>', 'email address of the person')
    .option('--json', 'print JSON')
    .action(async (email, options) => (await load()).resetUserCommand(readConfig(), email, options));
  users
    .command('disable')
    .description('Sign a person out everywhere, and reject further sign-ins')
    .argument('<email>', 'email address of the person')
    .option('--undo', 'allow the person to sign in again')
    .option('--json', 'print JSON')
    .action(async (email, options) => (await load()).disableUserCommand(readConfig(), email, options));
}

function load() {
  return import('./commands/users.ts');
}

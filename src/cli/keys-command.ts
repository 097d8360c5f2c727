import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { integerOption } from './option-types.ts';

/** Adds `./airlock keys`: the API keys of all accounts. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('Create, list, rotate and revoke API keys');
  keys
    .command('create')
    .description('Create an API key, and print it. Airlock shows the key only once')
    .requiredOption('--name <name>', 'purpose of the key')
    .option(
      '--account <name>',
      'account of the key. The command creates the account if it does not exist (default: "default")',
    )
    .option(
      '--scopes <list>',
      'scopes of the key: any of transcode,upload,read,admin,operator (default: all except operator, which applies to the complete server)',
    )
    .option('--expires <time>', 'time at which the key expires, e.g. 2027-01-31T00:00:00Z')
    .option('--allow <cidrs>', 'addresses from which the key can be used, e.g. 203.0.113.0/24 (default: all)')
    .option('--json', 'print {"id","name","key","scopes","created_at"}')
    .addHelpText(
      'after',
      `
Examples:
  ./airlock keys create --name website
  ./airlock keys create --name uploader --scopes upload,transcode --allow 203.0.113.0/24 --json

docs/permissions.md lists what each scope allows.`,
    )
    .action(async (options) => (await import('./commands/keys.ts')).createKeyCommand(readConfig(), options));
  keys
    .command('list')
    .description('List API keys, newest first, without their secrets')
    .option('--all', 'also list the temporary keys of commands that have ended')
    .option('--made-by <id>', 'only keys that this key created, directly or through other keys')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./commands/keys.ts')).listKeysCommand(readConfig(), options));
  keys
    .command('rotate')
    .description(
      'Replace an API key with a new key that has the same permissions, and print the new key. The old key stops working immediately, or after --overlap',
    )
    .argument('<id>', 'ID of the key, as shown by ./airlock keys list')
    .addOption(
      integerOption('--overlap <seconds>', 'seconds for which the old key still works', { least: 0 }).default('0'),
    )
    .option('--json', 'print JSON')
    .action(async (id, options) => (await import('./commands/keys.ts')).rotateKeyCommand(readConfig(), id, options));
  keys
    .command('revoke')
    .description('Revoke an API key immediately')
    .argument('<id>', 'ID of the key, as shown by ./airlock keys list')
    .option('--json', 'print JSON')
    .action(async (id, options) => (await import('./commands/keys.ts')).revokeKeyCommand(readConfig(), id, options));
}

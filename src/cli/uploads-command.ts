import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { ACCOUNT, exit, JSON_FLAG } from './client-flags.ts';
import { choiceOption, integerOption, pageOptions } from './option-types.ts';

// Not imported from the schema, because each role reads this file, and most roles need no Zod.
const STATUSES = ['pending', 'confirming', 'confirmed'];

/** Adds `./airlock uploads`: the uploads of an account, and the tokens with which web pages upload. */
export function addUploads(program: Command): void {
  const uploads = program
    .command('uploads')
    .description('List uploads, and create tokens with which web pages upload files');
  const load = () => import('./commands/uploads.ts');
  const [perPage, page] = pageOptions('uploads');
  uploads
    .command('list')
    .description('List uploads, newest first. Shows the ID of the upload token if an upload was started with a token')
    .addOption(choiceOption('--status <status>', 'only uploads with this status', STATUSES))
    .addOption(perPage)
    .addOption(page)
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (options) => exit((await load()).listUploadsCommand(readConfig(), options)));
  const token = uploads.command('token').description('Create a token with which a web page uploads files');
  token
    .command('create')
    .description('Create an upload token, and print it. Airlock shows the token only once')
    .addOption(
      integerOption('--max-bytes <n>', 'maximum size of each file, in bytes', { least: 1 }).makeOptionMandatory(),
    )
    .option('--origin <url>', 'origin of the page that uses the token, e.g. https://app.example.com')
    .option('--any-origin', 'use this instead of --origin to let every page and every program use the token')
    .option('--content-types <list>', 'types that the token accepts, e.g. video/mp4,video/quicktime (default: all)')
    .addOption(
      integerOption('--max-files <n>', 'maximum number of uploads with the token, up to 1000 (default: 10)', {
        least: 1,
        most: 1000,
      }),
    )
    .addOption(
      integerOption('--expires-in <seconds>', 'seconds until the token expires, from 60 to 86400 (default: 3600)', {
        least: 60,
        most: 86_400,
      }),
    )
    .option(...ACCOUNT)
    .option('--json', 'print {"id","token","expires_at"}')
    .addHelpText(
      'after',
      `
Examples:
  ./airlock uploads token create --origin http://localhost:3000 --max-bytes 500000000
  ./airlock uploads token create --origin https://app.example.com --max-bytes 500000000 --content-types video/mp4 --json
  token=$(./airlock uploads token create --origin https://app.example.com --max-bytes 500000000)

Use this command to try an upload page. In production, your server creates a token when a person starts an upload.
A token stops working when it expires, and when the key that created it is revoked. On the service of this machine, the command
creates a key for each token, and prints the command that revokes it. docs/upload-from-a-web-page.md explains tokens.`,
    )
    .action(async (options) => exit((await load()).createUploadTokenCommand(readConfig(), options)));
}

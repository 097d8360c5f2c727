import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { CONNECTION_MODES } from '../contract/connections.ts';
import { ACCOUNT, exit, JSON_FLAG } from './client-flags.ts';
import { choiceOption } from './option-types.ts';

/** Adds `./airlock connections`: buckets that jobs use by name. */
export function addConnections(program: Command): void {
  const connections = program.command('connections').description('List, create and delete connections to your buckets');
  const load = () => import('./commands/connections.ts');
  connections
    .command('list')
    .description('List connections')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (options) => exit((await load()).listConnectionsCommand(readConfig(), options)));
  connections
    .command('create')
    .description(
      'Test the access to a bucket, and create a connection. Reads the access key from the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    )
    .argument('<name>', 'name of the connection: lower-case letters, digits and hyphens')
    .requiredOption('--bucket <name>', 'name of the bucket')
    .requiredOption('--region <name>', 'region of the bucket, e.g. eu-central-1')
    .option('--endpoint <url>', 'URL of the storage (default: Amazon S3)')
    .option('--prefix <folder>', 'folder of the bucket to which jobs are limited (default: the entire bucket)')
    .addOption(
      choiceOption('--mode <mode>', 'what jobs can do with the bucket (default: read_write)', [...CONNECTION_MODES]),
    )
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
Examples:
  ./airlock connections create media --bucket media --region eu-central-1
  ./airlock connections create media --bucket media --region us-east-1 --endpoint https://minio.example.com
  ./airlock connections create films --bucket media --region eu-central-1 --prefix films --mode read

docs/destinations.md lists the rights that the access key requires.`,
    )
    .action(async (name, options) => exit((await load()).createConnectionCommand(readConfig(), name, options)));
  connections
    .command('delete')
    .description('Delete a connection and its access key')
    .argument('<name>', 'name of the connection')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (name, options) => exit((await load()).deleteConnectionCommand(readConfig(), name, options)));
}

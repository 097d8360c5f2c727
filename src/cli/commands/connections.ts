import type { Schemas } from '../../../sdk/src/index.ts';
import type { Config } from '../../config/config.ts';
import { type Connection, connect } from '../connect.ts';
import { EXIT, UsageError } from '../exit.ts';
import { printList, write } from '../printing.ts';
import { out } from '../style.ts';
import { type Column, table } from '../table.ts';
import { ago } from '../times.ts';

interface Common {
  json?: boolean;
  account?: string;
}
type Bucket = Schemas['Connection'];

const COLUMNS: readonly Column<Bucket>[] = [
  { title: 'name', value: ({ name }) => name },
  { title: 'bucket', value: ({ bucket }) => bucket },
  { title: 'region', value: ({ region }) => region, drop: 2 },
  { title: 'prefix', value: ({ prefix }) => prefix ?? '', drop: 4 },
  { title: 'mode', value: ({ mode }) => mode, drop: 5 },
  { title: 'endpoint', value: ({ endpoint }) => endpoint, least: 16, drop: 3 },
  { title: 'created', value: ({ created_at }) => ago(created_at), drop: 1 },
];

export function listConnectionsCommand(config: Config, options: Common): Promise<number> {
  return run(config, options, async ({ airlock }) => {
    const items: Bucket[] = [];
    for await (const connection of airlock.connections.list()) items.push(connection);
    const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
    if (options.json) write(JSON.stringify({ items }));
    else printList(table(items, COLUMNS, width, out.bold), items.length, 'No connections.');
  });
}

/**
 * Creates a connection. Reads its access key from the environment, because other users of the machine can read the arguments of a program.
 */
export function createConnectionCommand(
  config: Config,
  name: string,
  options: Common & { bucket: string; region: string; endpoint?: string; prefix?: string; mode?: Bucket['mode'] },
): Promise<number> {
  const { AWS_ACCESS_KEY_ID: access_key_id, AWS_SECRET_ACCESS_KEY: secret_access_key } = process.env;
  if (!access_key_id || !secret_access_key) {
    throw new UsageError('Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to the access key of the bucket.');
  }
  const { bucket, region, endpoint, prefix, mode, json } = options;
  return run(config, options, async ({ airlock }) => {
    const bounds = { ...(prefix && { prefix }), ...(mode && { mode }) };
    const place = { bucket, region, ...(endpoint && { endpoint }), ...bounds };
    const made = await airlock.connections.create({ name, ...place, access_key_id, secret_access_key });
    if (json) write(JSON.stringify(made));
    else write(`${out.green('✓')} ${made.name} can use the bucket ${made.bucket} at ${made.endpoint}.`);
  });
}

export function deleteConnectionCommand(config: Config, name: string, options: Common): Promise<number> {
  return run(config, options, async ({ airlock }) => {
    await airlock.connections.delete(name);
    if (options.json) write(JSON.stringify({ id: name, object: 'connection', deleted: true }));
    else write(`Deleted ${name} with its access key.`);
  });
}

function run(config: Config, options: Common, work: (connection: Connection) => Promise<void>): Promise<number> {
  return connect(config, { scopes: ['admin'], account: options.account }, async (connection) => {
    await work(connection);
    return EXIT.ok;
  });
}

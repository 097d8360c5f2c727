/*
 * Implements the `docker compose` commands that prepare.sh calls, with the images from build.ts and the PostgreSQL of run.ts instead of the
 * service `database`. Rejects all other commands.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { type Extra, ended, startContainer, type World } from './containers.ts';

const { IMAGES, DOCKER, SUPERUSER_URL } = process.env as Record<string, string>;
const world: World = { images: IMAGES!, docker: DOCKER! };

async function query(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: SUPERUSER_URL });
  await client.connect();
  await client.query(sql);
  await client.end();
}

async function runService(words: string[]): Promise<number> {
  const volumes: string[] = [];
  const environment: Record<string, string> = {};
  while (words[0]!.startsWith('-')) {
    const option = words.shift();
    if (option === '-v') volumes.push(words.shift()!);
    else if (option === '-e') {
      const pair = words.shift()!;
      environment[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1);
    } else if (!['--rm', '-T', '--no-deps'].includes(option!)) throw new Error(`unknown option ${option}`);
  }
  const [name, ...command] = words as [string, ...string[]];
  const extra: Extra = { volumes, environment, command };
  return (await ended(startContainer(world, name, extra, ['ignore', 'inherit', 'inherit']))) ?? 1;
}

const [compose, action, ...words] = process.argv.slice(2);
const called = [compose, action, ...words].join(' ');
if (called === 'compose up -d --wait database') {
  // The image of PostgreSQL makes this account the superuser.
  const password = /^POSTGRES_PASSWORD=(.*)$/m.exec(readFileSync(join(world.docker, 'data/database.env'), 'utf8'))![1]!;
  await query(`ALTER ROLE airlock SUPERUSER PASSWORD '${password}'`);
} else if (called === 'compose exec -T database psql -q -U airlock -v ON_ERROR_STOP=1') {
  await query(await text(process.stdin));
} else if (compose === 'compose' && action === 'run') {
  process.exitCode = await runService(words);
} else throw new Error(`docker ${called}: not known here`);

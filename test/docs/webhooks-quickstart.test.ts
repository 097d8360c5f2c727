import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DELIVERY_ERRORS } from '../../src/contract/webhooks.ts';
import { makeWebhookSecret, webhookHeaders } from '../../src/crypto/webhook-signature.ts';
import { freePort } from '../../testkit/free-port.ts';
import { shareService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { commandsOf } from '../helpers/run-command.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { blocks, ROOT, readPage, tableUnder } from './pages.ts';

const { text } = readPage('docs/webhooks-quickstart.md');
const FLASK = lacks('python3', '-c', 'import flask');

interface Receiver {
  /** Language of the block, and its position among the page's blocks of this language. */
  block: [language: string, index: number];
  file: string;
  command(port: number): readonly string[];
  /** Why the receiver cannot run here; null if it can. */
  missing: string | null;
}

const node = (file: string) => () => [process.execPath, file];
const RECEIVERS: Readonly<Record<string, Receiver>> = {
  Node: { block: ['js', 0], file: 'receiver.mjs', command: node('receiver.mjs'), missing: null },
  Express: { block: ['js', 1], file: 'express.mjs', command: node('express.mjs'), missing: null },
  Fastify: { block: ['js', 2], file: 'fastify.mjs', command: node('fastify.mjs'), missing: null },
  Python: {
    block: ['python', 0],
    file: 'receiver.py',
    command: () => ['python3', 'receiver.py'],
    missing: lacks('python3', '--version'),
  },
  Flask: { block: ['python', 1], file: 'app.py', command: () => ['python3', 'app.py'], missing: FLASK },
  Go: { block: ['go', 0], file: 'main.go', command: () => ['./go-receiver'], missing: lacks('go', 'version') },
  PHP: {
    block: ['php', 0],
    file: 'receive.php',
    command: (port) => ['php', '-S', `127.0.0.1:${port}`, 'receive.php'],
    missing: lacks('php', '--version'),
  },
};

let folder: string;
const secret = makeWebhookSecret();
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-receivers-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'airlock-sdk'), { recursive: true });
  await writeFile(join(modules, 'airlock-sdk', 'package.json'), '{"type":"module","exports":"./index.js"}');
  const outfile = join(modules, 'airlock-sdk', 'index.js');
  const main = join(ROOT, 'sdk', 'src', 'index.ts');
  await build({ entryPoints: [main], bundle: true, format: 'esm', platform: 'node', outfile });
  for (const name of ['express', 'fastify', 'standardwebhooks'])
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  await writeFile(join(folder, 'verify.py'), blocks(readPage('docs/webhooks.md').text, ['python'])[0]!);
  for (const { block, file } of Object.values(RECEIVERS))
    await writeFile(join(folder, file), blocks(text, [block[0]])[block[1]]!);
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

describe.each(Object.entries(RECEIVERS))('the receiver of the page for %s', (name, receiver) => {
  const { missing } = receiver;
  it.skipIf(missing)(`accepts each genuine delivery once${skipNote(missing)}`, async () => {
    if (name === 'Go') await promisify(execFile)('go', ['build', '-o', 'go-receiver', 'main.go'], { cwd: folder });
    const { url, printed } = await start(receiver);
    const body = JSON.stringify({ type: 'transcode.completed', data: { job_id: `job of ${name}`, text: 'ü " \\ /' } });
    const genuine = webhookHeaders({ id: `msg_${name}_${process.pid}`, body, sentAt: new Date() }, [secret]);
    expect(await deliver(url, genuine, body)).toBe(204);
    expect(await deliver(url, genuine, body)).toBe(204);

    expect(await deliver(url, genuine, `${body} `)).toBe(400);
    expect(await deliver(url, {}, body)).toBe(400);
    const old = new Date(Date.now() - 600_000);
    expect(await deliver(url, webhookHeaders({ id: 'msg_old', body, sentAt: old }, [secret]), body)).toBe(400);
    const other = webhookHeaders({ id: 'msg_other', body, sentAt: new Date() }, [makeWebhookSecret()]);
    expect(await deliver(url, other, body)).toBe(400);

    const line = `transcode.completed job of ${name}`;
    await until(() => printed().includes(line), { what: `the line of ${name}` });
    expect(printed().split(line)).toHaveLength(2);
  });
});

describe('the page about receivers', () => {
  it('shows no other receivers', () => {
    const shown = [...text.matchAll(/^```(js|python|go|php)$/gm)].map((match) => match[1]);
    expect(shown).toEqual(Object.values(RECEIVERS).map(({ block }) => block[0]));
  });

  it('explains every error of a delivery', () => {
    expect(tableUnder(text, 'When a delivery fails').map(([code]) => code)).toEqual([...DELIVERY_ERRORS]);
  });

  it('shows how to test a receiver with a service: the test event arrives, and the command reports this', async () => {
    const service = await shareService();
    const port = await freePort();
    const target = `http://127.0.0.1:${port}/airlock`;
    const created = await commandsOf(service)('webhooks', 'create', target, '--account', service.account, '--json');
    const { id, secret: given } = JSON.parse(created.stdout);
    const { printed } = await start(RECEIVERS.Node!, { port, secret: given });
    const { code, stdout } = await commandsOf(service)('webhooks', 'test', id, '--account', service.account);
    expect([code, stdout]).toEqual([0, expect.stringContaining('The receiver returned 204.')]);
    await until(() => printed().includes('webhook.test'), { what: 'the test event' });
  });
});

async function start(receiver: Receiver, { port, secret: given = secret }: { port?: number; secret?: string } = {}) {
  const at = port ?? (await freePort());
  const [program, ...args] = receiver.command(at);
  const env = { ...process.env, PORT: String(at), AIRLOCK_WEBHOOK_SECRET: given, TMPDIR: folder };
  const child = spawn(program!, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => lines.push(String(chunk)));
  const url = `http://127.0.0.1:${at}/airlock`;
  const isListening = () =>
    fetch(url).then(
      () => true,
      () => false,
    );
  await until(isListening, { what: `a receiver at ${url}: ${lines.join('')}` });
  return { url, printed: () => lines.join('') };
}

async function deliver(url: string, headers: object, body: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  await response.text();
  return response.status;
}

/** Returns what is missing to start the program; null if nothing is. */
function lacks(program: string, ...args: string[]): string | null {
  const { status } = spawnSync(program, args, { stdio: 'ignore' });
  return status === 0
    ? null
    : `${args.at(-1)?.startsWith('import') ? args.at(-1)!.slice(7) : program} is not installed`;
}

import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { blocks, ROOT, readPage } from './pages.ts';

const { text } = readPage('docs/backend.md');

interface Program {
  /** Language of the block, and its position among the page's blocks of this language. */
  block: [language: string, index: number];
  file: string;
  command: readonly string[];
  /** Why the program cannot run here; null if it can. */
  missing: string | null;
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  'Node with the SDK': { block: ['js', 0], file: 'sdk.mjs', command: [process.execPath, 'sdk.mjs'], missing: null },
  'Node with fetch': { block: ['js', 1], file: 'plain.mjs', command: [process.execPath, 'plain.mjs'], missing: null },
  Python: {
    block: ['python', 0],
    file: 'transcode.py',
    command: ['python3', 'transcode.py'],
    missing: lacks('python3'),
  },
  Go: { block: ['go', 0], file: 'main.go', command: ['go', 'run', 'main.go'], missing: lacks('go', 'version') },
  PHP: {
    block: ['php', 0],
    file: 'transcode.php',
    command: ['php', 'transcode.php'],
    missing: lacks('php', '-r', 'exit(extension_loaded("curl") ? 0 : 1);'),
  },
};

let service: TestService;
let folder: string;
let network: FlakyNetwork;

beforeAll(async () => {
  service = await shareService();
  folder = await mkdtemp(join(tmpdir(), 'airlock-backend-'));
  await makeClip(join(folder, 'in.mp4'), { size: '80x60' });
  const sdk = join(folder, 'node_modules', 'airlock-sdk');
  await mkdir(sdk, { recursive: true });
  await writeFile(join(sdk, 'package.json'), '{"type":"module","exports":"./index.js"}');
  const main = join(ROOT, 'sdk', 'src', 'index.ts');
  await build({ entryPoints: [main], bundle: true, format: 'esm', platform: 'node', outfile: join(sdk, 'index.js') });
  for (const { block, file } of Object.values(PROGRAMS)) {
    await writeFile(join(folder, file), blocks(text, [block[0]])[block[1]]!);
  }
  network = await startFlakyNetwork(service.api);
});
afterAll(async () => {
  await network?.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each(Object.entries(PROGRAMS))('the program of the page for %s', (name, { command, missing }) => {
  const title = skipNote(missing);
  const order = name.toLowerCase().replaceAll(' ', '-');

  it.skipIf(missing)(`transcodes a file once, even if responses are lost${title}`, async () => {
    network.forget();
    const { code, output } = await execute(command, ['in.mp4', `${order}.webm`, order]);
    expect(output).toMatch(/^completed [0-9a-f-]{36}$/m);
    expect(code).toBe(0);
    expect(await firstBytes(join(folder, `${order}.webm`))).toBe('1a45dfa3');
    const id = /completed (\S+)/.exec(output)![1];
    expect((await service.call('GET', `/v1/transcodes/${id}/download`)).status).toBe(410);

    // The response to the first create was lost. The program repeated the create with the same key, and created no second job.
    const creates = network.seen.filter(({ line }) => line === 'POST /v1/transcodes');
    expect(creates.length).toBeGreaterThanOrEqual(2);
    expect(new Set(creates.map(({ key }) => key))).toEqual(new Set([`order-${order}-job`]));
    expect(network.seen.some(({ line }) => line === 'rejected GET')).toBe(true);
  });

  it.skipIf(missing)(`prints the code and the message of an error, and does not retry it${title}`, async () => {
    network.forget();
    const { code, output } = await execute(command, ['in.mp4', `${order}.nothing`, `${order}-wrong`]);
    expect(output).toMatch(/^invalid_request: .*output_?[fF]ormat/m);
    expect(code).toBe(1);
    expect(network.seen.filter(({ line }) => line === 'POST /v1/transcodes')).toHaveLength(2);
  });
});

describe('the samples for curl in /openapi.json', () => {
  const OPERATIONS = [
    'listKinds',
    'listJobs',
    'listEvents',
    'getUsage',
    'createKey',
    'validateTranscode',
    'createBatch',
  ];

  it.each(OPERATIONS)('%s returns what the document describes', async (operationId) => {
    const document = (await service.call('GET', '/openapi.json')).json;
    // biome-ignore lint/suspicious/noExplicitAny: read field by field
    const operations: any[] = Object.values(document.paths).flatMap((item) => Object.values(item as object));
    const operation = operations.find((one) => one.operationId === operationId);
    const [{ source }] = operation['x-codeSamples'];
    const { code, output } = await execute(['bash', '-c', source], []);
    expect(code).toBe(0);
    const [success] = Object.keys(operation.responses);
    const { $ref } = operation.responses[success!].content['application/json'].schema;
    const { required } = document.components.schemas[$ref.split('/').at(-1)];
    expect(Object.keys(JSON.parse(output))).toEqual(expect.arrayContaining(required));
  });
});

it('docs/backend.md contains only the programs that this file runs', () => {
  const shown = [...text.matchAll(/^```(\w+)$/gm)]
    .map((match) => match[1])
    .filter((one) => one !== 'sh' && one !== 'text');
  expect(shown).toEqual(Object.values(PROGRAMS).map(({ block }) => block[0]));
});

async function execute(
  [program, ...first]: readonly string[],
  args: readonly string[],
): Promise<{ code: number; output: string }> {
  const key = { AIRLOCK_API_KEY: service.key, IDEMPOTENCY_KEY: randomUUID() };
  const env = { ...process.env, AIRLOCK_URL: network.url, ...key };
  const run = promisify(execFile)(program!, [...first, ...args], { cwd: folder, env });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: stdout + stderr }),
  );
}

async function firstBytes(path: string): Promise<string> {
  expect((await stat(path)).size).toBeGreaterThan(1000);
  const file = await open(path);
  const { buffer } = await file.read({ buffer: Buffer.alloc(4), length: 4, position: 0 });
  await file.close();
  return buffer.toString('hex');
}

/** Returns why the program cannot be started; null if it can. */
function lacks(program: string, ...args: string[]): string | null {
  const { status } = spawnSync(program, args.length > 0 ? args : ['--version'], { stdio: 'ignore' });
  return status === 0 ? null : `${program} is not installed`;
}

interface FlakyNetwork {
  url: string;
  /** Requests since the last call of `forget`: method and path, and the Idempotency-Key. */
  seen: { line: string; key: string | undefined }[];
  forget(): void;
  close(): Promise<void>;
}

/** Starts a proxy for the API that loses the response to the first create, and rejects the first read of a job. */
async function startFlakyNetwork(api: string): Promise<FlakyNetwork> {
  const seen: FlakyNetwork['seen'] = [];
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${request.method} ${request.url}`;
    const isFirst = !seen.some((one) => one.line === line);
    seen.push({ line, key: request.headers['idempotency-key'] as string | undefined });
    if (/^GET \/v1\/transcodes\/[^/]+$/.test(line.split('?')[0]!) && !seen.some((one) => one.line === 'rejected GET')) {
      seen.push({ line: 'rejected GET', key: undefined });
      const body = { error: 'unavailable', code: 'unavailable', message: 'Try again.', details: null, docs: '' };
      response.writeHead(503, { 'retry-after': '0', 'content-type': 'application/json' }).end(JSON.stringify(body));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const answer = await fetch(api + request.url, {
      method: request.method!,
      headers: headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    if (isFirst && line === 'POST /v1/transcodes') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    await pipeline(answer.body ?? [], response);
  }
  const { url, close } = await startSource(pass);
  return {
    url,
    seen,
    forget: () => void seen.splice(0),
    close,
  };
}

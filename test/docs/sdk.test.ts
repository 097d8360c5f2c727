import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build, transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWebhookSecret, webhookHeaders } from '../../src/crypto/webhook-signature.ts';
import { makeClip } from '../../testkit/media.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { BUCKET, CREDENTIAL, REGION, startEmbeddedGateway } from '../conformance/embedded-gateway.ts';
import { codeBlocksOf, moduleOf } from './code-blocks.ts';
import { ROOT, readPage } from './pages.ts';

const all = new Map(
  ['docs/sdk.md', 'sdk/README.md', 'docs/blueprints.md']
    .flatMap((page) => codeBlocksOf(readPage(page)))
    .map((block) => [block.name, block]),
);
/** Blocks that no test has run yet. */
const left = new Set(all.keys());
const SERVER = 'http://127.0.0.1:8080';

let service: TestService;
let folder: string;

beforeAll(async () => {
  service = await shareService();
  folder = await mkdtemp(join(tmpdir(), 'airlock-sdk-page-'));
  const sdk = join(folder, 'node_modules', 'airlock-sdk');
  await mkdir(sdk, { recursive: true });
  await writeFile(join(sdk, 'package.json'), '{"type":"module","exports":"./index.js"}');
  const entryPoints = [join(ROOT, 'sdk/src/index.ts')];
  await build({ entryPoints, bundle: true, format: 'esm', platform: 'node', outfile: join(sdk, 'index.js') });
  for (const name of ['in.mp4', 'in.mov', 'talk.mov', 'film.mov'])
    await makeClip(join(folder, name), { size: '80x60' });
  await makeMedia(join(folder, 'logo.png'), ['-f', 'lavfi', '-i', 'testsrc2=s=32x24', '-frames:v', '1']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the code of the pages about the SDK', () => {
  it.each(['docs/sdk.md 0', 'sdk/README.md 0'])('transcodes a file (%s)', async (name) => {
    const output = await run(name, { replace: (code) => code.replace(SERVER, service.api) });
    expect(output).toMatch(/^upload 0/);
    expect(await firstBytes('out.webm')).toBe('1a45dfa3');
  });

  it('resumes an upload', async () => {
    await run('docs/sdk.md 1');
    const { json } = await service.call('GET', '/v1/uploads?limit=100');
    const found = json.result.items.find((one: { filename: string }) => one.filename.endsWith('film.mov'));
    expect(found).toMatchObject({ status: 'confirmed' });
  });

  it('handles errors of jobs and requests', async () => {
    expect(await run('docs/sdk.md 2')).toBe('');
    const replace = (code: string) => code.replace("'mp4' }", "'mp5' }");
    const rejected = await run('docs/sdk.md 2', { replace, expectError: true });
    expect(rejected).toMatch(/^invalid_request 400/);
    expect(await run('sdk/README.md 1')).toBe('');
  });

  it('delivers an output to a connection', async () => {
    const keys = { accessKeyId: CREDENTIAL.accessKeyId, secretAccessKey: 'secret-of-the-bucket' };
    const bucket = await startEmbeddedGateway({ credentials: [keys] }, { credentials: keys });
    const made = await service.call('POST', '/v1/connections', {
      ...{ name: 'media', endpoint: bucket.endpoint, region: REGION, bucket: BUCKET },
      ...{ access_key_id: keys.accessKeyId, secret_access_key: keys.secretAccessKey },
    });
    expect(made.status).toBe(201);
    try {
      expect(await run('docs/sdk.md 3')).toBe('');
    } finally {
      await service.call('DELETE', '/v1/connections/media');
      await bucket.close();
    }
  });

  it('saves a template and uses it', async () => {
    await run('docs/sdk.md 4');
    expect((await service.call('DELETE', '/v1/templates/preview')).status).toBe(200);
  });

  it('runs a blueprint and saves its output', async () => {
    const local = (code: string) => code.replace("new URL('https://example.org/house.mp4')", "'in.mp4'");
    await rm(join(folder, 'house.mp4'), { force: true });
    await run('docs/sdk.md 5', { replace: local });
    expect((await stat(join(folder, 'house.mp4'))).size).toBeGreaterThan(0);
  });

  it('verifies a delivery and reads its event', async () => {
    const secret = makeWebhookSecret();
    const data = { job_id: 'job', error_code: 'invalid_media' };
    const body = JSON.stringify({ id: '1', type: 'transcode.failed', timestamp: '', data });
    const headers = webhookHeaders({ id: 'msg_1', body, sentAt: new Date() }, [secret]);
    const env = { WEBHOOK_SECRET: secret, DELIVERY: JSON.stringify({ body, headers }) };
    expect(await run('docs/sdk.md 6', { env })).toBe('');
    expect(await run('docs/sdk.md 7', { env, expectError: true })).toBe('job invalid_media\n');
    await expect(run('docs/sdk.md 6', { env: { ...env, WEBHOOK_SECRET: makeWebhookSecret() } })).rejects.toThrow(
      /WebhookError/,
    );
  });

  it('defines a blueprint whose plan the API accepts', async () => {
    const { code: contents } = all.get('docs/blueprints.md 0')!;
    left.delete('docs/blueprints.md 0');
    const outfile = join(folder, 'mirror.mjs');
    const stdin = { contents, loader: 'ts', resolveDir: join(ROOT, 'src/blueprints/watermark') } as const;
    await build({ stdin, bundle: true, format: 'esm', platform: 'node', outfile });
    const { mirror } = await import(outfile);
    const inputs = mirror.inputs.parse({ video_url: 'https://example.org/in.mp4' });
    const [{ request }] = mirror.plan(inputs, {});
    const { json } = await service.call('POST', '/v1/transcodes/validate', request);
    expect([json.valid, json.command.join(' ')]).toEqual([true, expect.stringContaining('hflip')]);
  });

  it('is completely covered by these tests', () => {
    expect([...left]).toEqual([]);
  });
});

interface RunOptions {
  env?: Record<string, string>;
  /** Replaces values that differ on this machine, such as the address of the server. */
  replace?(code: string): string;
  /** Whether the block is expected to write to standard error, which is then returned. */
  expectError?: boolean;
}

/** Runs a block together with the code that precedes it, in a separate process. Returns the output. */
async function run(name: string, { env = {}, replace = (code) => code, expectError = false }: RunOptions = {}) {
  left.delete(name);
  const block = all.get(name)!;
  const { code } = await transform(replace(moduleOf(block)), { loader: block.language });
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.mjs`);
  await writeFile(file, code);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], {
    cwd: folder,
    env: { ...process.env, AIRLOCK_URL: service.api, AIRLOCK_API_KEY: service.key, ...env },
  });
  if (expectError) return stderr;
  expect(stderr).toBe('');
  return stdout;
}

async function firstBytes(name: string): Promise<string> {
  return (await readFile(join(folder, name))).subarray(0, 4).toString('hex');
}

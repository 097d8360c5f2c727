import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffprobe, makeClip } from '../../testkit/media.ts';
import { shareService } from '../../testkit/service.ts';
import { blocks, ROOT, readPage } from '../docs/pages.ts';

const run = promisify(execFile);
const QUICKSTART = blocks(readPage('sdk/README.md').text, ['js'])[0]!;

/** Makes a fresh clone in the folder. Returns a PATH with an npm that installs the compiler without a registry. */
async function prepareClone(folder: string): Promise<string> {
  for (const path of ['sdk', 'scripts/sdk.mjs', 'tsconfig.json', 'package-lock.json', 'LICENSE'])
    await cp(join(ROOT, path), join(folder, 'clone', path), { recursive: true });
  for (const made of ['dist', 'LICENSE'])
    await rm(join(folder, 'clone', 'sdk', made), { recursive: true, force: true });
  // Links the packages of this repository, because they match the lockfile.
  const npm = `#!/bin/sh
grep -q '"node_modules/typescript":{"version":"${ts.version}","integrity":"sha512-' package-lock.json || exit 1
echo "$*" >> '${join(folder, 'calls')}'; ln -s '${join(ROOT, 'node_modules')}' node_modules`;
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'npm'), npm, { mode: 0o755 });
  return `${bin}:${process.env.PATH}`;
}

describe('the package of the SDK', () => {
  let folder: string;
  let files: string[];
  /** Returns the path of the package as npm has installed it in a project outside of the repository. */
  const installed = () => join(folder, 'node_modules', 'airlock-sdk');
  const clone = () => join(folder, 'clone');
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-package-'));
    const path = await prepareClone(folder);
    const { stdout: npm } = await run('which', ['npm']);
    const { stdout } = await run(npm.trim(), ['pack', './sdk', '--json', '--pack-destination', folder], {
      cwd: clone(),
      env: { ...process.env, PATH: path },
    });
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[')));
    files = packed.files.map(({ path }: { path: string }) => path);
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    // The package has no dependencies, so the registry is not needed.
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${packed.filename}`], { cwd: folder });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('contains only JavaScript, types, license and README', async () => {
    const kinds = new Set(files.map((path) => path.replace(/^dist\/[\w-]+/, 'dist/*')));
    expect([...kinds].sort()).toEqual(['LICENSE', 'README.md', 'dist/*.d.ts', 'dist/*.js', 'package.json']);
    const manifest = JSON.parse(await readFile(join(installed(), 'package.json'), 'utf8'));
    const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ version: own.version, license: own.license, engines: own.engines });
    expect(manifest.dependencies).toBeUndefined();
    const { types, default: main } = manifest.exports['.'];
    for (const path of [types, main]) expect(files).toContain(path.slice(2));
  });

  it('is built in a fresh clone, with the compiler of the lockfile', async () => {
    const calls = await readFile(join(folder, 'calls'), 'utf8');
    expect(calls).toBe('ci --ignore-scripts --no-audit --no-fund\n');
    expect(await readdir(clone())).not.toContain('node_modules');
  });

  it('has types with which the quickstart and a program in strict mode compile', async () => {
    const strict = `import { Airlock, verifyWebhook, type Job } from 'airlock-sdk';
const airlock = new Airlock();
const job: Job = await airlock.call('get', '/v1/transcodes/{id}', { path: { id: 'x' } });
const { items } = await airlock.call('get', '/v1/transcodes', { query: { status: 'failed' } });
for (const { id } of items) await airlock.erase(id);
const event = await verifyWebhook({ body: '', headers: new Headers(), secret: 's' });
if (event.type === 'transcode.completed') await airlock.resultOf(job).blob();
if (event.type === 'transcode.failed') console.log(event.data.error_code.length, event.data.job?.error_message);
for await (const { type, data } of airlock.events({ job: job.id })) if (type === 'transcode.started') data.attempt + 1;
for await (const { filename } of airlock.uploads()) await airlock.deleteUpload(filename);
await airlock.upload(Buffer.from('x'), { filename: 'a.mp4' });
// @ts-expect-error: the event of a key has no job
if (event.type === 'key.created') event.data.job_id;
// @ts-expect-error: no such status
await airlock.call('get', '/v1/transcodes', { query: { status: 'lost' } });
// @ts-expect-error: the id is missing
await airlock.call('get', '/v1/transcodes/{id}');
// @ts-expect-error: no such format
await airlock.transcode({ input: 'a.mp4', output_format: 'mp5' });
`;
    const paths = { 'quickstart.ts': QUICKSTART, 'strict.ts': strict };
    for (const [name, text] of Object.entries(paths)) await writeFile(join(folder, name), text);
    await mkdir(join(folder, 'node_modules', '@types'), { recursive: true });
    for (const name of ['@types/node', 'undici-types']) {
      await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    const program = ts.createProgram(
      Object.keys(paths).map((name) => join(folder, name)),
      {
        ...{
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          types: ['node'],
          typeRoots: [join(folder, 'node_modules/@types')],
        },
        ...{
          target: ts.ScriptTarget.ES2022,
          module: ts.ModuleKind.NodeNext,
          lib: ['lib.es2023.d.ts'],
          skipLibCheck: true,
        },
      },
    );
    const found = ts.getPreEmitDiagnostics(program);
    expect(found.map((one) => ts.flattenDiagnosticMessageText(one.messageText, '\n'))).toEqual([]);
  });

  it('runs the quickstart as printed, from a file to a file', async () => {
    const service = await shareService();
    await makeClip(join(folder, 'in.mp4'), { size: '64x48' });
    expect(QUICKSTART.trimEnd().split('\n').length).toBeLessThanOrEqual(11);
    await writeFile(join(folder, 'quickstart.js'), QUICKSTART.replace('http://127.0.0.1:8080', service.api));
    const env = { ...process.env, AIRLOCK_API_KEY: service.key };
    const { stdout, stderr } = await run(process.execPath, ['quickstart.js'], { cwd: folder, env });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^upload 0/);
    expect((await ffprobe(join(folder, 'out.webm'))).streams[0].codec_name).toBe('vp9');
    const { json } = await service.call('GET', '/v1/transcodes');
    expect(json.items[0]).toMatchObject({ status: 'completed', output_url: null });
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

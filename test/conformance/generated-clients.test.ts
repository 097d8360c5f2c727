import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runtimeFlags } from '../../src/cli/v8-options.ts';
import { makeClip } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { shareService, type TestService } from '../../testkit/service.ts';

/** Folder with a program for each generated client, and with the exact versions of all packages of the generators. */
const SOURCES = join(import.meta.dirname, 'generated-clients');

interface Client {
  /** Name of a program in `node_modules/.bin`, and its arguments. */
  generate: readonly [program: string, ...args: string[]];
  files?: Readonly<Record<string, string>>;
}

const CLIENTS: Readonly<Record<string, Client>> = {
  'openapi-fetch': { generate: ['openapi-typescript', '../openapi.json', '-o', 'schema.ts'] },
  'hey-api': { generate: ['openapi-ts', '-i', '../openapi.json', '-o', 'client'] },
  orval: {
    generate: ['orval', '--config', 'orval.config.mjs'],
    files: {
      'orval.config.mjs': `export default {
        airlock: {
          input: '../openapi.json',
          output: { mode: 'single', client: 'fetch', target: './client.ts', baseUrl: { runtime: 'process.env.AIRLOCK_URL' } },
        },
      };`,
    },
  },
};

/** Flags of Node.js. A compiler that runs for seconds needs a third less processor time if V8 optimizes less of its code. */
const FLAGS = [...runtimeFlags('test'), '--single-threaded-gc'];

/** Milliseconds allowed for the setup, which installs 160 packages in 10 s of processor time. */
const SETUP_MS = 300_000;

const COMPILER_OPTIONS = {
  ...{ target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: true, types: ['node'] },
  ...{ outDir: 'out', rootDir: '.' },
};

describe('clients that other tools generate from the OpenAPI document', () => {
  let service: TestService;
  let folder: string;

  const execute = async (cwd: string, program: string, ...args: string[]) => {
    const env = { ...process.env, AIRLOCK_URL: service.api, AIRLOCK_API_KEY: service.key };
    return (await run(program, args, { cwd, env })).stdout;
  };

  /** Runs an installed program. npx would start a second process. */
  const executeTool = (cwd: string, program: string, ...args: string[]) =>
    execute(cwd, process.execPath, ...FLAGS, join(folder, 'node_modules/.bin', program), ...args);

  beforeAll(async () => {
    service = await shareService();
    folder = await mkdtemp(join(tmpdir(), 'airlock-generated-'));
    for (const name of ['package.json', 'package-lock.json']) await cp(join(SOURCES, name), join(folder, name));
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    await execute(folder, 'npm', 'ci', '--ignore-scripts', '--prefer-offline', ...quiet);
    await writeFile(join(folder, 'openapi.json'), JSON.stringify((await service.call('GET', '/openapi.json')).json));
    const project = { compilerOptions: COMPILER_OPTIONS, include: ['*/**/*.ts'], exclude: ['node_modules', 'out'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
    const generated = Object.entries(CLIENTS).map(async ([name, { generate, files = {} }]) => {
      const cwd = join(folder, name);
      await mkdir(cwd);
      for (const [path, text] of Object.entries(files)) await writeFile(join(cwd, path), text);
      await cp(join(SOURCES, `walk-${name}.ts.txt`), join(cwd, 'walk.ts'));
      await makeClip(join(cwd, 'in.mp4'), { size: '80x60' });
      await executeTool(cwd, ...generate);
    });
    await Promise.all(generated);
    await executeTool(folder, 'tsc', '-p', '.');
  }, SETUP_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.keys(CLIENTS))('compile in strict mode, and run a job with %s', async (name) => {
    const output = await execute(join(folder, name), process.execPath, `../out/${name}/walk.js`);
    expect(output.trim()).toBe('completed true');
    expect((await readFile(join(folder, name, 'out.webm'))).readUInt32BE(0)).toBe(0x1a45dfa3);
  });
});

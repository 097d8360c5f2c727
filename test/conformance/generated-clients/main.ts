// Generates three clients from the OpenAPI document of a running build, compiles them in strict mode, and runs the walk of
// the README with each: npx tsx test/conformance/generated-clients/main.ts. Needs a build and the npm registry; takes a
// minute. Not part of the suite, because the generators have hundreds of packages.
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeClip } from '../../../testkit/media.ts';
import { run } from '../../../testkit/run.ts';
import { startService, type TestService } from '../../../testkit/service.ts';

interface Client {
  /** Packages with exact versions. */
  packages: readonly string[];
  /** Arguments of npx, in a folder with `openapi.json`. */
  generate: readonly string[];
  files?: Readonly<Record<string, string>>;
}

const CLIENTS: Readonly<Record<string, Client>> = {
  'openapi-fetch': {
    packages: ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0'],
    generate: ['openapi-typescript', 'openapi.json', '-o', 'schema.ts'],
  },
  'hey-api': {
    packages: ['@hey-api/openapi-ts@0.99.0'],
    generate: ['openapi-ts', '-i', 'openapi.json', '-o', 'client'],
  },
  orval: {
    packages: ['orval@8.38.0'],
    generate: ['orval', '--config', 'orval.config.mjs'],
    files: {
      'orval.config.mjs': `export default {
        airlock: {
          input: './openapi.json',
          output: { mode: 'single', client: 'fetch', target: './client.ts', baseUrl: { runtime: 'process.env.AIRLOCK_URL' } },
        },
      };`,
    },
  },
};

const COMPILER_OPTIONS = {
  ...{ target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: true, outDir: 'out', types: ['node'] },
};

const only = process.argv.slice(2);
const service = await startService();
const root = await mkdtemp(join(tmpdir(), 'airlock-generated-'));
try {
  for (const [name, client] of Object.entries(CLIENTS)) {
    if (only.length === 0 || only.includes(name)) await walk(name, client, service);
  }
} finally {
  await service.remove();
  await rm(root, { recursive: true, force: true });
}

async function walk(name: string, client: Client, { api, key }: TestService): Promise<void> {
  const cwd = join(root, name);
  await mkdir(cwd);
  await writeFile(join(cwd, 'package.json'), '{"type":"module","private":true}');
  await writeFile(
    join(cwd, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['**/*.ts'] }),
  );
  await writeFile(join(cwd, 'openapi.json'), await (await fetch(`${api}/openapi.json`)).text());
  for (const [path, text] of Object.entries(client.files ?? {})) await writeFile(join(cwd, path), text);
  await cp(join(import.meta.dirname, `walk-${name}.ts.txt`), join(cwd, 'walk.ts'));
  await makeClip(join(cwd, 'in.mp4'), { size: '80x60' });

  const env = { ...process.env, AIRLOCK_URL: api, AIRLOCK_API_KEY: key };
  const execute = async (program: string, ...args: string[]) => (await run(program, args, { cwd, env })).stdout;
  await execute(
    'npm',
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    'typescript@5.9.3',
    '@types/node@20',
    ...client.packages,
  );
  await execute('npx', '--no-install', ...client.generate);
  await execute('npx', '--no-install', 'tsc', '-p', '.');
  const output = await execute(process.execPath, 'out/walk.js');
  const { size } = await stat(join(cwd, 'out.webm'));
  const isWebm = (await readFile(join(cwd, 'out.webm'))).readUInt32BE(0) === 0x1a45dfa3;
  if (output.trim() !== 'completed true' || !isWebm) throw new Error(`${name}: ${output}`);
  process.stdout.write(`${name} (${client.packages.join(', ')}): compiles, and makes ${size} bytes of WebM\n`);
}

import { type ExecFileException, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { projectRoot } from '../../src/config/root.ts';
import { skipNote } from '../helpers/skip-note.ts';

const run = promisify(execFile);
const INSTALL_MS = 180_000;
const SUITE_MS = 600_000;

/**
 * One test file for each part that depends on Node.js: sockets, files, processes, threads, and the built program, which runs a job in a
 * cell. Each further file would load all of its modules again, and find little.
 */
const PARTS = [
  ...['src/fetcher/lookup.test.ts', 'src/listener/connection-guard.test.ts', 'src/listener/request-gate.test.ts'],
  ...['src/sandbox/host/close-inherited.test.ts', 'src/supervisor/processes.test.ts', 'src/gateway/upload.test.ts'],
  'test/e2e/walk.test.ts',
];

// If the suite runs on Node 24, the entire suite covers these parts.
const note = skipNote(process.version.startsWith('v24.') && 'the suite runs on Node.js 24');

describe.skipIf(process.version.startsWith('v24.'))(`Node 24${note}`, () => {
  const home = join(projectRoot(), 'deploy/docker/node24');
  const bin = join(home, `node_modules/node-linux-${process.arch}/bin`);
  const environment = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    TEST_POSTGRES_URL: inject('postgresUrl'),
  };

  beforeAll(async () => {
    if (existsSync(join(bin, 'node'))) return;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: process.env.TEST_REGISTRY_CERTS };
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: home, env });
  }, INSTALL_MS);

  it(
    'passes a test file for each part of Airlock that depends on Node',
    async () => {
      const { stdout: version } = await run('node', ['--version'], { env: environment });
      expect(version).toMatch(/^v24\./);
      // One worker process, because each process loads all modules.
      const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', '--maxWorkers=1', ...PARTS];
      const options = { cwd: projectRoot(), env: environment, maxBuffer: 64 * 2 ** 20 };
      const failure = await run('node', args, options).then(
        () => null,
        (error: ExecFileException & { stdout: string; stderr: string }) =>
          `${error.stderr.slice(-10_000)}${error.stdout.slice(-1_000)}`,
      );
      expect(failure).toBeNull();
    },
    SUITE_MS,
  );
});

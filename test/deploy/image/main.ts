/* Builds the images of deploy/docker without a container engine, and runs a job in them. See docs/development.md. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildImages } from './build.ts';

const { values } = parseArgs({ options: { keep: { type: 'string' } } });
const folder = values.keep ? resolve(values.keep) : mkdtempSync(join(tmpdir(), 'airlock-image-'));
try {
  buildImages(folder);
  const run = [process.execPath, '--import', 'tsx', join(import.meta.dirname, 'run.ts'), folder];
  const inside = ['--net', '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...run];
  process.exitCode = spawnSync('unshare', inside, { stdio: 'inherit' }).status ?? 1;
} finally {
  if (!values.keep) rmSync(folder, { recursive: true, force: true });
}

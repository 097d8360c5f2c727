/*
 * Runs ./airlock test --upgrade REF. Builds another commit in a temporary folder, and runs upgrade.test.ts with this commit as the previous
 * build. Both builds work alongside each other on one database, forward and backward.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const [ref] = process.argv.slice(2);

function fail(message: string): never {
  process.stderr.write(`airlock: ${message}\n`);
  process.exit(64);
}

function run(command: string, args: string[], cwd = ROOT): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

if (!ref || ref.startsWith('-')) fail('Name a commit or tag: ./airlock test --upgrade v0.1.0');
const found = spawnSync('git', ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], {
  cwd: ROOT,
  encoding: 'utf8',
});
const commit = found.stdout?.trim();
if (!commit) fail(`This checkout has no commit ${ref}. If it is shallow, run "git fetch --unshallow --tags" first.`);

const folder = mkdtempSync(join(tmpdir(), 'airlock-previous-'));
let status: number | null = 1;
try {
  // Cells run programs in this folder under another account.
  chmodSync(folder, 0o755);
  run('git', ['archive', '--output', join(folder, 'source.tar'), commit]);
  run('tar', ['-xf', join(folder, 'source.tar'), '-C', folder]);
  const sameModules = readFileSync(join(folder, 'package-lock.json')).equals(
    readFileSync(join(ROOT, 'package-lock.json')),
  );
  if (sameModules) symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  else run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  run(process.execPath, ['scripts/build.mjs'], folder);
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const env = { ...process.env, TEST_PREVIOUS_BUILD: join(folder, 'dist', 'airlock.js') };
  const args = [vitest, 'run', 'test/chaos/upgrade.test.ts'];
  status = spawnSync(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' }).status;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status ?? 1);

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Runs a script of the repository, and returns its exit code, its output and its errors. */
function run(script: string, ...args: string[]): Promise<[code: unknown, stdout: string, stderr: string]> {
  const command = ['--import', 'tsx', `scripts/${script}.ts`, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: ROOT }, (error, stdout, stderr) => {
      resolve([error?.code ?? 0, stdout, stderr]);
    });
  });
}

describe('a script of the repository', () => {
  it.each(['audit', 'faults'])('prints the options of %s', async (script) => {
    const [code, stdout, stderr] = await run(script, '--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Usage: npm run ${script} -- `));
  });

  it.each([
    ['audit', '--lits', '(Did you mean --list?)'],
    ['faults', '--fault=kil-before', 'Did you mean "kill-before"?'],
  ])('rejects %s %s with exit code 64 and a suggestion', async (script, option, message) => {
    const [code, stdout, stderr] = await run(script, option);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});

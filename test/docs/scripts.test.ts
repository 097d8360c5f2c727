import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

  it('ffmpeg-cves prints the CVEs of Debian’s tracker data that the list of vulnerabilities lacks', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-cves-'));
    try {
      const file = join(folder, 'tracker.json');
      const ffmpeg = {
        'CVE-2031-0001': { description: 'A defect in\nlibavcodec/new.c' },
        'CVE-2026-8461': { description: 'Listed' },
        'CVE-2014-0001': { description: 'Too old' },
      };
      writeFileSync(file, JSON.stringify({ ffmpeg, libpng: { 'CVE-2031-0002': {} } }));
      const [code, stdout] = await run('ffmpeg-cves', file);
      expect([code, stdout]).toEqual([0, 'CVE-2031-0001\tA defect in libavcodec/new.c\n']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ffmpeg-cves finds every CVE of a page in the list, and rejects a call without a file', async () => {
    const page = await run('ffmpeg-cves', 'docs/security-model/ffmpeg-vulnerabilities.md');
    expect(page).toEqual([0, '', '0 CVEs are not in rows.json.\n']);
    expect((await run('ffmpeg-cves'))[0]).toBe(64);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeFirstKey } from './first-key.ts';

it('a first key shown on a terminal is part of the example command', () => {
  const lines = describeFirstKey({ text: 'al_live_x' }, 'http://127.0.0.1:1');
  expect(lines.at(-1)).toContain(`-H 'Authorization: Bearer al_live_x'`);
});

it('a first key in a file is announced by its path, and the example command works with any folder name', () => {
  const folder = mkdtempSync(join(tmpdir(), `it's a "first" `));
  try {
    const file = join(folder, 'first-key');
    writeFileSync(file, 'al_live_x\n');
    const lines = describeFirstKey({ file }, 'http://127.0.0.1:1');
    expect(lines.join('\n')).not.toContain('al_live_');
    const header = lines.at(-1)!.replace(/^.* -H /, '');
    expect(execFileSync('sh', ['-c', `printf %s ${header}`], { encoding: 'utf8' })).toBe(
      'Authorization: Bearer al_live_x',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

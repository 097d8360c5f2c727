import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { skipNote } from '../../../test/helpers/skip-note.ts';
import { type CellAccounts, claimAccounts } from './account.ts';

const MODULE = fileURLToPath(new URL('account.ts', import.meta.url));
const uids = (accounts: CellAccounts, count: number) =>
  Array.from({ length: count }, (_, slot) => accounts.of(slot)?.uid ?? 0);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-uids-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rootNote = skipNote(process.geteuid?.() !== 0 && 'needs root');

describe.runIf(process.geteuid?.() === 0)(`cell accounts, as root${rootNote}`, () => {
  it('are never shared between sandboxes, come from the unused range, and are free after release', () => {
    const first = claimAccounts(11, folder, folder);
    const second = claimAccounts(3, folder, folder);
    const [ofFirst, ofSecond] = [uids(first, 11), uids(second, 3)];
    const all = [...ofFirst, ...ofSecond];
    expect(new Set(all).size).toBe(14);
    expect(Math.min(...all)).toBe(60706);
    expect(() => second.of(8)).toThrow(/slot 8/);
    first.release();
    const third = claimAccounts(8, folder, folder);
    expect(uids(third, 8)).toEqual(ofFirst.slice(0, 8));
    for (const accounts of [second, third]) accounts.release();
  });

  it('are not shared if too few are left: the claim fails and keeps no account', () => {
    const most = claimAccounts(464, folder, folder);
    expect(Math.max(...uids(most, 464))).toBeLessThanOrEqual(61183);
    expect(() => claimAccounts(9, folder, folder)).toThrow(/8 uids for cells are free on this host.*needs 9/);
    claimAccounts(8, folder, folder).release();
    most.release();
    expect(readdirSync(folder)).toHaveLength(59);
  });

  it('are free again when the process that claimed them is killed', async () => {
    const code = `import { claimAccounts } from ${JSON.stringify(MODULE)};
      claimAccounts(464, ${JSON.stringify(folder)}, ${JSON.stringify(folder)});
      process.stdout.write('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    expect(() => claimAccounts(9, folder, folder)).toThrow(/8 uids/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    claimAccounts(472, folder, folder).release();
  });
});

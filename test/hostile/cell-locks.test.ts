import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { skipNote } from '../helpers/skip-note.ts';
import { type Attacker, openAttacker, readReport } from './cell-attacker.ts';
import { hasCompiler, PATIENCE_MS, TIMEOUT, until } from './cell-fixture.ts';

vi.setConfig(TIMEOUT);

const compilerNote = skipNote(!hasCompiler && 'gcc is not installed');

describe.runIf(hasCompiler).each(['bwrap', 'landlock'] as const)(
  `two cells of the tier %s that share a file${compilerNote}`,
  (tier) => {
    let attacker: Attacker;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'airlock-shared-'));
      writeFileSync(join(folder, 'input'), 'of both jobs');
      attacker = await openAttacker(tier, [{ name: 'shared', path: join(folder, 'input') }]);
    });
    afterAll(async () => {
      await attacker.close();
      rmSync(folder, { recursive: true });
    });

    /** Returns the reports of the running cells. */
    function running(): Map<string, number>[] {
      const cells = join(attacker.fixture.dataDir, 'cells');
      return readdirSync(cells)
        .flatMap((owner) => readdirSync(join(cells, owner)).map((cell) => join(cells, owner, cell, 'out/report')))
        .filter((path) => existsSync(path))
        .map((path) => readReport(readFileSync(path, 'utf8')));
    }

    it('cannot communicate through locks on the file', async () => {
      const path = tier === 'landlock' ? '../in/shared' : '/in/shared';
      const stop = new AbortController();
      const first = attacker.attack([`lock ${path}`, 'rest 60'], { slot: 0, signal: stop.signal });
      await until(() => running().some((report) => report.has('hint')), PATIENCE_MS);
      const second = await attacker.attack([`lock ${path}`], { slot: 1 });
      stop.abort();
      const { report } = await first;
      for (const side of [report, second.report]) {
        expect(side.get('opened')).toBeGreaterThanOrEqual(0);
        side.delete('opened');
        side.delete('end');
        expect(side.size).toBe(12);
        expect([...side].filter(([, value]) => value >= 0)).toEqual([]);
      }
    });
  },
);

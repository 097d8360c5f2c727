import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CellLimits, CellResult } from '../../src/sandbox/index.ts';
import type { OutputDirectory, SandboxTier } from '../../src/sandbox/types.ts';
import { compilePlugin, type Fixture, LIMITS, openFixture } from './cell-fixture.ts';

/** Arguments with which FFmpeg loads a plugin. The name of the plugin follows. */
export const LOAD_PLUGIN = ['-nostdin', '-f', 'lavfi', '-i', 'anullsrc=d=0.1', '-af'];

export interface Attack {
  result: CellResult;
  /** Return value of the kernel for each attempt. A rejected attempt has a negative errno. */
  report: Map<string, number>;
  text: string;
}

/** A sandbox whose FFmpeg loads the hostile code in `cell-plugin.c`. */
export interface Attacker {
  fixture: Fixture;
  plugin: string;
  /** Runs the lines of a plan in one cell. */
  attack(
    lines: string[],
    options?: {
      slot?: number;
      limits?: CellLimits;
      signal?: AbortSignal;
      directories?: readonly OutputDirectory[];
      /** Called with the result before the cell is removed. */
      inspect?: (result: CellResult) => void;
    },
  ): Promise<Attack>;
  close(): Promise<void>;
}

export async function openAttacker(
  tier: SandboxTier,
  shared: { name: string; path: string }[] = [],
): Promise<Attacker> {
  const fixture = await openFixture(2, tier);
  const plugin = compilePlugin(fixture.folder);
  // Without a separate root, the folders of the cell are siblings of its working directory.
  const up = tier === 'landlock' ? '..' : '';
  return {
    fixture,
    plugin,
    async attack(lines, { slot = 0, limits = LIMITS, signal, directories, inspect } = {}) {
      const plan = join(fixture.folder, `plan-${slot}`);
      writeFileSync(plan, [`report ${up}/out/report`, ...lines].join('\n'));
      const result = await fixture.sandbox.run({
        program: 'ffmpeg',
        args: [...LOAD_PLUGIN, 'ladspa=file=/in/0.so:plugin=x', '-f', 'null', '-'],
        inputs: [{ name: '0.so', path: plugin }, { name: 'plan', path: plan }, ...shared],
        outputs: ['report'],
        limits,
        slot,
        ...(signal && { signal }),
        ...(directories && { outputDirectories: directories }),
      });
      inspect?.(result);
      const path = join(result.outputDir, 'report');
      const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
      await result.release();
      return { result, report: readReport(text), text };
    },
    close: () => fixture.close(),
  };
}

export function readReport(text: string): Map<string, number> {
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.split('\t')[0]!, Number(line.split('\t')[1])]),
  );
}

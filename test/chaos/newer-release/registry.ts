import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kind } from '../../../src/kinds/kind.ts';
import { kinds as known } from '../../../src/kinds/registry.ts';
import { toy as quick } from '../../kinds/toy/index.ts';

/** Path from this variable. While the file exists, attempts of this kind of job wait. */
const HOLD = process.env.TOY_HOLD;

const toy: typeof quick = {
  ...quick,
  async load() {
    const execute = await quick.load();
    return async (tools, run, kinds) => {
      await run.lease.acquire(run.signal);
      while (HOLD && existsSync(HOLD)) await sleep(50, null, { signal: run.signal });
      return execute(tools, run, kinds);
    };
  },
};

export const kinds: ReadonlyMap<string, Kind> = new Map([...known, [toy.name, toy as unknown as Kind]]);

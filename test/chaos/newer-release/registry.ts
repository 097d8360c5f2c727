import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kind } from '../../../src/kinds/kind.ts';
import { kinds as known } from '../../../src/kinds/registry.ts';
import { toy as silent } from '../../kinds/toy/index.ts';

/** Jobs of this kind wait in their attempt while the file exists that this variable names. */
const HOLD = process.env.TOY_HOLD;

export const toy: Kind<{ text: string }> = {
  ...silent,
  events: { prefix: 'toy' },
  shown: { list: async () => [] },
  async load() {
    const execute = await silent.load();
    return async (tools, run) => {
      await run.lease.acquire(run.signal);
      while (HOLD && existsSync(HOLD)) await sleep(50, null, { signal: run.signal });
      return execute(tools, run);
    };
  },
};

export const kinds: ReadonlyMap<string, Kind> = new Map([...known, [toy.name, toy as Kind]]);

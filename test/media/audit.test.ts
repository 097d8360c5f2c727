import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCases } from '../../testkit/audit/cases/all.ts';
import { openWorld, type World } from '../../testkit/audit/world.ts';
import { shareService } from '../../testkit/service.ts';

const short = listCases(0).filter(({ isShort }) => isShort);

describe('the short audit of colors, times and sound', () => {
  let folder: string;
  let world: World;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-audit-test-'));
    world = openWorld(await shareService(), folder);
  });
  afterAll(async () => {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(short)('finds every figure of $name within its limit', async ({ run }) => {
    const figures = await run(world);
    expect(figures).not.toEqual([]);
    expect(figures.filter(({ holds }) => !holds)).toEqual([]);
  });
});

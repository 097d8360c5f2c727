import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../testkit/until.ts';
import { keepBallast, releaseBallast } from './ballast.ts';

describe('the ballast', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-ballast-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is not left incomplete when the server stops while the ballast is written', async () => {
    await keepBallast(folder).stop();
    const ballast = keepBallast(folder, 0);
    await until(async () => (await readdir(folder)).length > 0, { what: 'the first bytes' });
    await ballast.stop();
    expect((await readdir(folder)).filter((name) => name !== 'ballast')).toEqual([]);
    await rm(join(folder, 'ballast'), { force: true });
  });

  it('reserves 32 MiB while a server runs, and is kept while the disk has space', async () => {
    const ballast = keepBallast(folder, 0);
    const size = await until(async () => (await stat(join(folder, 'ballast')).catch(() => null))?.size, {
      what: 'the ballast',
    });
    expect(size).toBe(32 * 2 ** 20);
    await ballast.stop();
    expect(await releaseBallast(folder)).toBe(false);
    expect(await readdir(folder)).toEqual(['ballast']);
  });

  it('is written from a single buffer, because an idle supervisor collects no garbage', async () => {
    await rm(join(folder, 'ballast'), { force: true });
    const inspector = new Session();
    inspector.connect();
    await inspector.post('HeapProfiler.collectGarbage');
    inspector.disconnect();
    const before = process.memoryUsage().arrayBuffers;
    const ballast = keepBallast(folder, 0);
    let mostBytes = 0;
    const isMade = async () => {
      mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before);
      return stat(join(folder, 'ballast')).catch(() => null);
    };
    await until(isMade, { what: 'the ballast', everyMs: 1 });
    expect(mostBytes).toBeLessThan(4 * 2 ** 20);
    await ballast.stop();
  });
});

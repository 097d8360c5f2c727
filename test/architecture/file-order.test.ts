import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mixed, SECONDS } from '../helpers/file-order.ts';
import { ROOT } from './sources.ts';

describe('the order of the test files', () => {
  it('begins with the longest file, and distributes the waiting files over the run', () => {
    const short = Array.from({ length: 30 }, (_, index) => `src/some-${index}.test.ts`);
    const waiting = ['test/chaos/failover.test.ts', 'test/chaos/full-disk.test.ts', 'test/chaos/drain.test.ts'];
    const order = mixed([...short, ...waiting, 'test/web/dashboard.test.ts'], (path) => path);
    expect(order.slice(0, 2)).toEqual(['test/chaos/full-disk.test.ts', 'test/web/dashboard.test.ts']);
    expect([...order].sort()).toEqual([...short, ...waiting, 'test/web/dashboard.test.ts'].sort());
    const positions = waiting.map((path) => order.indexOf(path)).sort((one, other) => one - other);
    expect(positions[1]! - positions[0]!).toBeGreaterThan(5);
    expect(positions[2]! - positions[1]!).toBeGreaterThan(2);
  });

  it('names only files that exist', () => {
    expect(Object.keys(SECONDS).filter((path) => !existsSync(join(ROOT, `${path}.test.ts`)))).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDead, isRunning, markProcess, parseProcessStat } from './process-stat.ts';

describe('/proc/PID/stat', () => {
  it('is parsed correctly for any command name', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const rest = `S ${Array.from({ length: 18 }, (_, n) => n).join(' ')} 4242 0`;
        const stat = { state: 'S', parent: 0, cpuMs: 210, startTicks: '4242' };
        expect(parseProcessStat(`17 (${name}) ${rest}`)).toEqual(stat);
      }),
    );
  });

  it('is parsed to null if it is truncated', () => {
    for (const text of ['', '17', '17 (x', '17 (x)', '17 (x) S 1 2']) expect(parseProcessStat(text)).toBeNull();
  });

  it('distinguishes this process from another process with the same id', () => {
    const self = markProcess(process.pid)!;
    expect(isRunning(self)).toBe(true);
    expect(isRunning({ ...self, startTicks: '1' })).toBe(false);
    expect(markProcess(0)).toBeNull();
  });

  it('distinguishes zombies and dead processes from live ones', () => {
    expect(['R', 'S', 'D', 'Z', 'X'].filter((state) => isDead({ state }))).toEqual(['Z', 'X']);
  });
});

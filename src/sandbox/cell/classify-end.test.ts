import { describe, expect, it } from 'vitest';
import { classifyEnd, type EndFacts } from './classify-end.ts';

const facts = (changes: Partial<EndFacts>): EndFacts => ({
  exitCode: 0,
  signal: null,
  reason: null,
  oomKilled: false,
  tasksDenied: false,
  cpuExhausted: false,
  outOfAddressSpace: false,
  ...changes,
});

describe('classifyEnd', () => {
  it.each<[string, Partial<EndFacts>, string]>([
    ['a normal exit', {}, 'exit'],
    ['an FFmpeg error', { exitCode: 183 }, 'exit'],
    [
      'a kill by the service, regardless of other facts',
      { reason: 'limit_wall', exitCode: null, signal: 'SIGKILL', oomKilled: true },
      'limit_wall',
    ],
    ['SIGSYS', { exitCode: 159 }, 'violation'],
    ['SIGXFSZ', { exitCode: 153 }, 'limit_output'],
    ['an OOM kill', { exitCode: 137, oomKilled: true, cpuExhausted: true }, 'limit_memory'],
    ['an OOM kill of the whole group', { exitCode: null, signal: 'SIGKILL', oomKilled: true }, 'limit_memory'],
    ['SIGKILL with the CPU time used up', { exitCode: 137, cpuExhausted: true }, 'limit_cpu'],
    ['SIGKILL from another source', { exitCode: 137 }, 'crash'],
    ['a segmentation fault', { exitCode: 139 }, 'crash'],
    ['a killed launcher', { exitCode: null, signal: 'SIGKILL' }, 'crash'],
    ['a failed allocation without a cgroup', { exitCode: 244, outOfAddressSpace: true }, 'limit_memory'],
  ])('classifies %s', (_, changes, expected) => {
    expect(classifyEnd(facts(changes))).toBe(expected);
  });
});

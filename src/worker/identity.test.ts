import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../../testkit/until.ts';
import { isAliveHere, ownIdentity } from './identity.ts';

function stateAndStart(pid: number): [state: string, start: string] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [fields[0]!, fields[19]!];
}

describe('a process is recognized as', () => {
  it('alive only if both its ID and its start time match', () => {
    const { pid, start } = ownIdentity();
    expect(isAliveHere({ pid, start })).toBe(true);
    expect(isAliveHere({ pid, start: String(Number(start) + 1) })).toBe(false);
    expect(isAliveHere({ pid, start: '' })).toBe(false);
  });

  it('dead once it has ended', async () => {
    const child = spawn('sleep', ['60']);
    const process = { pid: child.pid!, start: stateAndStart(child.pid!)[1] };
    expect(isAliveHere(process)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAliveHere(process)).toBe(false);
  });

  it('dead if it is a zombie, because its parent never waits for it', async () => {
    // The shell starts a child, and is then replaced by a program that never waits for this child.
    const parent = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60']);
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line).trim());
    const [, start] = stateAndStart(pid);
    await until(() => stateAndStart(pid)[0] === 'Z', { what: 'a zombie' });
    expect(isAliveHere({ pid, start })).toBe(false);
    parent.kill('SIGKILL');
  });
});

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
  it('alive by its id and its start together', () => {
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

  it('dead as a zombie, which a parent that never waits leaves behind', async () => {
    // The shell is replaced by a program that does not know about the child that the shell started.
    const parent = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60']);
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line).trim());
    const [, start] = stateAndStart(pid);
    await until(() => stateAndStart(pid)[0] === 'Z', { what: 'a zombie' });
    expect(isAliveHere({ pid, start })).toBe(false);
    parent.kill('SIGKILL');
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { until } from '../../../testkit/until.ts';
import { isRunning } from '../../telemetry/process-stat.ts';
import { markLaunched } from '../cell/processes.ts';
import { CellWatch, monotonicMs } from './watch-cell.ts';
import { WatchState } from './watch-state.ts';

it('the wall limit ends a running program, but not a program that ended while the service was stopped', async () => {
  const running = watchedProgram('sleep', '600');
  const ended = watchedProgram('true');
  // This loop blocks the event loop like a stopped service, so the process does not notice that the program has ended.
  while (isRunning(ended.launcher));
  // The timers run in the order of this list.
  const watches = [ended, running].map(({ request }) => new CellWatch(request));
  await until(() => running.state.reason !== null, { what: 'the wall limit' });
  expect(running.state.reason).toBe('limit_wall');
  expect(ended.state.reason).toBeNull();
  if (running.child.signalCode === null) await once(running.child, 'exit');
  expect(running.child.signalCode).toBe('SIGKILL');
  for (const watch of watches) watch.stop();
});

/** Starts a program with a wall limit that has already passed when its watch begins. */
function watchedProgram(program: string, ...args: string[]) {
  const child = spawn(program, args, { detached: true, stdio: 'ignore' });
  const launcher = markLaunched(child.pid!);
  const state = new WatchState();
  const outputs = { output: '', outputs: [], directories: [] };
  const now = monotonicMs();
  const request = {
    state: state.buffer,
    launcher,
    program: 'launcher' as const,
    outputs,
    counters: null,
    limits: { cpuSeconds: 60, outputBytes: 4096 },
    startedAt: now,
    endsAt: now,
  };
  return { child, launcher, state, request };
}

import { describe, expect, it } from 'vitest';
import { RunningAttempts } from './running-attempts.ts';

const claim = (id: string) => ({ job: { id }, attemptId: `attempt of ${id}` }) as never;

describe('running jobs', () => {
  it('are stopped one by one or all together, with the given reason', () => {
    const running = new RunningAttempts();
    const [first, second] = [running.add(claim('a')), running.add(claim('b'))];
    running.stop('a', 'canceled');
    expect([first.aborted, first.reason, second.aborted]).toEqual([true, 'canceled', false]);
    running.stopAll('draining');
    expect([first.reason, second.reason]).toEqual(['canceled', 'draining']);
    running.stop('unknown', 'canceled');
  });

  it('are known from before their claim is sent until they end or their claim fails', async () => {
    const running = new RunningAttempts();
    let claimed = { job: { id: 'a' }, attemptId: '' } as never;
    const attemptId = await running.claiming(async (id) => {
      expect(running.has(id)).toBe(true);
      claimed = { job: { id: 'a' }, attemptId: id } as never;
      running.add(claimed);
      return id;
    });
    expect(running.has(attemptId)).toBe(true);
    running.remove(claimed);
    expect(running.has(attemptId)).toBe(false);
    let failed = '';
    const failing = running.claiming(async (id) => {
      failed = id;
      throw new Error('The connection is lost.');
    });
    await expect(failing).rejects.toThrow('lost');
    expect(running.has(failed)).toBe(false);
  });

  it('stay known and can be stopped until they end, even if another attempt at the same job has started', () => {
    const running = new RunningAttempts();
    const attemptOf = (attemptId: string) => ({ job: { id: 'a' }, attemptId }) as never;
    const [first] = [running.add(attemptOf('first')), running.add(attemptOf('second'))];
    expect([running.has('first'), running.has('second')]).toEqual([true, true]);
    running.stop('a', 'canceled');
    expect(first!.reason).toBe('canceled');
  });

  it('are removed when their attempt ends, but not when an earlier attempt of the same job ends', () => {
    const running = new RunningAttempts();
    const [old, successor] = [claim('a'), claim('a')];
    running.add(old);
    const signal = running.add(successor);
    running.remove(old);
    expect(running.size).toBe(1);
    running.stop('a', 'canceled');
    expect(signal.aborted).toBe(true);
    running.remove(successor);
    expect(running.size).toBe(0);
  });
});

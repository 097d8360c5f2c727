import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../../testkit/until.ts';
import { processStat } from '../../telemetry/process-stat.ts';
import { TrimmedBuildError } from './build-error.ts';
import { Steps } from './steps.ts';

const sh = (script: string) =>
  ({ what: 'run it', program: '/bin/sh', args: ['-c', script], onFailure: 'later' }) as const;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-steps-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the steps of a build', () => {
  it('return their output, or write it to a file, even if they exit immediately', async () => {
    const steps = new Steps(new AbortController().signal);
    expect(await steps.run(sh('echo text'))).toBe('text\n');
    for (let round = 0; round < 20; round++) {
      const into = join(folder, `output-${round}`);
      expect(await steps.run({ ...sh('echo text'), into })).toBe('');
      expect(readFileSync(into, 'utf8')).toBe('text\n');
    }
  });

  it('fail with the last characters of their output, without passwords of archives', async () => {
    const steps = new Steps(new AbortController().signal);
    const failed = steps.run(sh('echo "cannot reach http://user:secret@example.com/x" >&2; exit 3'));
    await expect(failed).rejects.toEqual(
      new TrimmedBuildError('later', 'could not run it: cannot reach http://example.com/x'),
    );
  });

  it('stop while the build is paused, and are killed when the build is aborted', async () => {
    const stop = new AbortController();
    const steps = new Steps(stop.signal);
    const file = join(folder, 'pid');
    const ended = steps.run(sh(`echo $$ > ${file}.new; mv ${file}.new ${file}; sleep 600`)).catch((error) => error);
    const pid = await until(
      () => {
        try {
          return Number(readFileSync(file, 'utf8'));
        } catch {
          return null;
        }
      },
      { what: 'the process' },
    );
    steps.pause();
    await until(() => processStat(pid)?.state === 'T', { what: 'a stopped process' });
    steps.resume();
    await until(() => processStat(pid)?.state === 'S', { what: 'a running process' });
    steps.pause();
    let isNext = false;
    const next = steps.run(sh('true')).then(
      () => true,
      (error) => error,
    );
    void next.then(() => {
      isNext = true;
    });
    stop.abort(new Error('stopped'));
    expect(await ended).toEqual(new Error('stopped'));
    expect(await next).toEqual(new Error('stopped'));
    expect(isNext).toBe(true);
    await until(() => processStat(pid) === null, { what: 'the end of the process' });
  });
});

import { descendantsOf } from '../../testkit/processes-of.ts';
import type { TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';

/** Process ids of the FFmpegs that live below the service's worker; a zombie is dead. */
export function runningFfmpegs(service: TestService): number[] {
  return service.pids('worker').flatMap(ffmpegsOf);
}

/** Process ids of the FFmpegs that live below a worker, which may run in this process. */
export function ffmpegsOf(worker: number): number[] {
  return descendantsOf(worker)
    .filter(({ name }) => name === 'ffmpeg')
    .map(({ pid }) => pid);
}

/** Waits for FFmpeg, and stops it: the job that it runs for then occupies its slot without using a processor. */
export function stopFfmpegs(service: TestService, count = 1): Promise<() => void> {
  return stopEach(() => runningFfmpegs(service), count);
}

/**
 * Waits until `running` has returned so many FFmpegs, and stops each when it appears: in the middle of its job, however
 * little the job encodes. Returns a function that lets them continue.
 */
export async function stopEach(running: () => number[], count = 1): Promise<() => void> {
  const stopped = new Set<number>();
  const stopNew = () => {
    for (const pid of running()) {
      if (stopped.has(pid)) continue;
      process.kill(pid, 'SIGSTOP');
      stopped.add(pid);
    }
    return stopped.size >= count;
  };
  await until(stopNew, { what: 'FFmpeg to run', everyMs: 10 });
  return () => {
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
  };
}

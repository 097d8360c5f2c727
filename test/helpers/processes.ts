import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
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
    .filter(({ pid, name }) => name === 'ffmpeg' || (name.startsWith('ld-') && runsFfmpeg(pid)))
    .map(({ pid }) => pid);
}

/** Whether this process is a dynamic loader that runs FFmpeg, as in the tier `landlock`. */
function runsFfmpeg(loader: number): boolean {
  try {
    const words = readFileSync(`/proc/${loader}/cmdline`, 'utf8').split('\0');
    return words.some((word) => basename(word) === 'ffmpeg');
  } catch {
    // The process has just ended.
    return false;
  }
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

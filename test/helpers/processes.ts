import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { descendantsOf } from '../../testkit/processes-of.ts';
import type { TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';

/** Returns the process ids of the running FFmpegs of the service's worker. Zombies do not count. */
export function runningFfmpegs(service: TestService): number[] {
  return service.pids('worker').flatMap(ffmpegsOf);
}

/** Returns the process ids of the running FFmpegs of a worker, which may be this process. */
export function ffmpegsOf(worker: number): number[] {
  return descendantsOf(worker)
    .filter(({ pid, name }) => name === 'ffmpeg' || (name.startsWith('ld-') && runsFfmpeg(pid)))
    .map(({ pid }) => pid);
}

/** Returns whether this process is a dynamic loader that runs FFmpeg, as in the tier `landlock`. */
function runsFfmpeg(loader: number): boolean {
  try {
    const words = readFileSync(`/proc/${loader}/cmdline`, 'utf8').split('\0');
    return words.some((word) => basename(word) === 'ffmpeg');
  } catch {
    // The process has just ended.
    return false;
  }
}

/**
 * Waits for FFmpeg and stops it, so that its job occupies a slot without using a processor. Returns a function that lets FFmpeg continue.
 */
export function stopFfmpegs(service: TestService, count = 1): Promise<() => void> {
  return stopEach(() => runningFfmpegs(service), count);
}

/**
 * Waits until `running` has returned this many FFmpegs, and stops each as soon as it appears, so that even a short encode is stopped before
 * its end. Returns a function that lets them continue.
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

import { descendantsOf } from '../../testkit/processes-of.ts';
import type { TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';

/** Process ids of the FFmpegs that live below the service's worker; a zombie is dead. */
export function runningFfmpegs(service: TestService): number[] {
  return service
    .pids('worker')
    .flatMap((worker) => descendantsOf(worker))
    .filter(({ name }) => name === 'ffmpeg')
    .map(({ pid }) => pid);
}

/** Waits for FFmpeg, and stops it: the job that it runs for then occupies its slot without using a processor. */
export async function stopFfmpegs(service: TestService): Promise<void> {
  const found = await until(
    () => {
      const running = runningFfmpegs(service);
      return running.length > 0 ? running : null;
    },
    { what: 'FFmpeg to run' },
  );
  for (const pid of found) process.kill(pid, 'SIGSTOP');
}

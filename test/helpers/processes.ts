import { descendantsOf } from '../../testkit/processes-of.ts';
import type { TestService } from '../../testkit/service.ts';

/** Process ids of the FFmpegs that live below the service's worker; a zombie is dead. */
export function runningFfmpegs(service: TestService): number[] {
  return service
    .pids('worker')
    .flatMap((worker) => descendantsOf(worker))
    .filter(({ name }) => name === 'ffmpeg')
    .map(({ pid }) => pid);
}

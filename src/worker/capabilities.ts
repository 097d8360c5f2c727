import { RELEASE_CAPABILITIES } from '../jobs/capabilities.ts';
import type { WorkerDeps } from './deps.ts';

/**
 * Returns the capabilities of a worker's programs, release and job kinds. The names of the job kinds are not included. A job lists the
 * capabilities that it requires in `needs`.
 */
export function capabilitiesOf({ sandbox, kinds }: Pick<WorkerDeps, 'sandbox' | 'kinds'>): string[] {
  const ofKinds = [...kinds.values()].flatMap(({ capabilities = [] }) => capabilities);
  return [...sandbox.capabilities, ...RELEASE_CAPABILITIES, ...ofKinds];
}

import { RELEASE_CAPABILITIES } from '../jobs/capabilities.ts';
import type { WorkerDeps } from './deps.ts';

/** Capabilities of the programs and the release of a worker in addition to its kinds. A job lists the ones it requires in `needs`. */
export function capabilitiesOf({ sandbox, kinds }: Pick<WorkerDeps, 'sandbox' | 'kinds'>): string[] {
  const ofKinds = [...kinds.values()].flatMap(({ capabilities = [] }) => capabilities);
  return [...sandbox.capabilities, ...RELEASE_CAPABILITIES, ...ofKinds];
}

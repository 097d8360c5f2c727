import { RELEASE_CAPABILITIES } from '../jobs/capabilities.ts';
import type { WorkerDeps } from './deps.ts';

/** What the programs and the release of a worker provide beyond its kinds; a job names some of it in `needs`. */
export function capabilitiesOf({ sandbox, kinds }: Pick<WorkerDeps, 'sandbox' | 'kinds'>): string[] {
  const ofKinds = [...kinds.values()].flatMap(({ capabilities = [] }) => capabilities);
  return [...sandbox.capabilities, ...RELEASE_CAPABILITIES, ...ofKinds];
}

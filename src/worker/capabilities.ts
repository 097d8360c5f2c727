import { RELEASE_CAPABILITIES } from '../jobs/capabilities.ts';
import type { WorkerDeps } from './deps.ts';

/**
 * The capabilities of a worker's programs and release, in addition to its job kinds. A job lists the capabilities that it requires in
 * `needs`.
 */
export function capabilitiesOf({ sandbox, kinds }: Pick<WorkerDeps, 'sandbox' | 'kinds'>): string[] {
  const ofKinds = [...kinds.values()].flatMap(({ capabilities = [] }) => capabilities);
  return [...sandbox.capabilities, ...RELEASE_CAPABILITIES, ...ofKinds];
}

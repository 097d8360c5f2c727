import { knownVariables } from '../config/settings.ts';
import { didYouMean } from '../contract/faults/near-name.ts';

/** Variables that Kubernetes sets in every pod if a service is named `airlock`. */
const KUBERNETES = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)$/;

/** Returns a warning for each `AIRLOCK_` variable of the environment that Airlock does not read, which is usually a typo. */
export function unknownSettings(env: NodeJS.ProcessEnv): string[] {
  const known = new Set(knownVariables());
  return Object.keys(env)
    .filter((name) => name.startsWith('AIRLOCK_') && !known.has(name) && !KUBERNETES.test(name))
    .map((name) => `${name} is not a setting and was ignored.${didYouMean(name, known)}`);
}

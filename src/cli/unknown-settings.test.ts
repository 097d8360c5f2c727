import { expect, it } from 'vitest';
import { unknownSettings } from './unknown-settings.ts';

it('a variable that Airlock does not read is reported, with the nearest name if there is one', () => {
  expect(unknownSettings({ AIRLOCK_RETENTOIN: '2h', AIRLOCK_COLOUR_OF_LOGO: 'red', PATH: '/bin' })).toEqual([
    'AIRLOCK_RETENTOIN is not a setting and was ignored. Did you mean "AIRLOCK_RETENTION"?',
    'AIRLOCK_COLOUR_OF_LOGO is not a setting and was ignored.',
  ]);
});

it('settings, variables of the command line, and variables that Kubernetes sets for a service called airlock are not reported', () => {
  const kubernetes = { AIRLOCK_SERVICE_HOST: '10.0.0.1', AIRLOCK_PORT_8080_TCP_ADDR: '10.0.0.1' };
  expect(unknownSettings({ AIRLOCK_PORT: '0', AIRLOCK_DEBUG: '1', ...kubernetes })).toEqual([]);
});

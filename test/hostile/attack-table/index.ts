import { COST_ATTACKS } from './costs.ts';
import { DEVICE_ATTACKS } from './device.ts';
import { ENCODER_ATTACKS } from './encoders.ts';
import { FILTER_ATTACKS } from './filters.ts';
import { OPTION_ATTACKS } from './options.ts';
import type { Attack } from './rows.ts';

export const ATTACKS: readonly Attack[] = [
  ...OPTION_ATTACKS,
  ...ENCODER_ATTACKS,
  ...FILTER_ATTACKS,
  ...DEVICE_ATTACKS,
  ...COST_ATTACKS,
];

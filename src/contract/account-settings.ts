import { LIMIT_BOUNDS, type LimitName } from './limit-bounds.ts';
import { MAX_PARTS_UPLOAD_BYTES } from './limits.ts';

/** A setting of an account that is a number. */
export interface NumberSetting {
  least: number;
  most: number;
  /** The reason for the minimum, if it is not obvious. */
  why?: string;
  /** What the setting limits. */
  meaning: string;
  /** What applies by default, in words. */
  fallback: string;
}

/** Maximum of PostgreSQL's `integer`, which is the type of these columns. */
const MOST = 2 ** 31 - 1;
/** A petabyte, which exceeds any disk and is exactly representable. */
const MOST_BYTES = 1e15;

/**
 * Formats an integer with separators between thousands. Avoids `toLocaleString`, which loads tables of all languages and uses 8 MB per
 * process.
 */
export const inThousands = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

const cellSetting = (name: LimitName, meaning: string): NumberSetting => {
  const { least, most, why } = LIMIT_BOUNDS[name];
  return { least, most, why, meaning, fallback: 'the server’s limit' };
};

/** Columns of the table `accounts`, in display order. */
export const NUMBER_SETTINGS = {
  memory_mb: cellSetting('memory_mb', 'maximum memory of one job, in MB of 1,048,576 bytes'),
  cpu_seconds: cellSetting('cpu_seconds', 'maximum processor time of one job, in seconds'),
  wall_seconds: cellSetting('wall_seconds', 'maximum run time of one job, in seconds'),
  output_mb: cellSetting('output_mb', 'maximum size of one output, in MB of 1,048,576 bytes'),
  max_concurrent: { least: 1, most: MOST, meaning: 'maximum number of running jobs', fallback: '16' },
  max_queued: { least: 1, most: MOST, meaning: 'maximum number of waiting jobs', fallback: '10,000' },
  max_upload_bytes: {
    least: 1,
    most: MAX_PARTS_UPLOAD_BYTES,
    meaning: 'maximum bytes of one upload',
    fallback: 'AIRLOCK_MAX_UPLOAD',
  },
  max_stored_bytes: {
    least: 0,
    most: MOST_BYTES,
    meaning: 'maximum bytes of stored uploads and outputs, including bytes reserved for unconfirmed upload URLs',
    fallback: '100,000,000,000',
  },
  max_open_uploads: { least: 1, most: MOST, meaning: 'maximum number of unconfirmed upload URLs', fallback: '100' },
  monthly_minutes: { least: 0, most: MOST, meaning: 'maximum minutes of input per month', fallback: 'no quota' },
  requests_per_minute: {
    least: 1,
    most: MOST,
    meaning: 'maximum requests of one key per minute',
    fallback: 'AIRLOCK_RATE_LIMIT',
  },
  retention_seconds: {
    least: 1,
    most: MOST,
    meaning:
      'seconds for which Airlock keeps outputs, and uploads after their last use. Can only shorten the retention of the server',
    fallback: 'AIRLOCK_RETENTION',
  },
} as const satisfies Record<string, NumberSetting> & Record<LimitName, NumberSetting>;

export type NumberSettingName = keyof typeof NUMBER_SETTINGS;

export const SWITCH_SETTINGS = {
  disarm: { meaning: 'reject each input that Airlock cannot remux, before FFmpeg reads the input' },
  disabled: { meaning: 'reject every request of the account with 403' },
} as const;

export type SwitchSettingName = keyof typeof SWITCH_SETTINGS;

/** Changes to apply. Null restores the default of a number. */
export type AccountChanges = Partial<Record<NumberSettingName, number | null> & Record<SwitchSettingName, boolean>>;

/** An account as operators see it. Null means that the server's value applies. */
export type AccountView = { id: string; name: string; created_at: string; disabled_at: string | null } & Record<
  NumberSettingName,
  number | null
> & { disarm: boolean };

/** Usage of an account. */
export interface AccountUsage {
  /** Number of active keys. */
  keys: number;
  /** Number of jobs that wait for a worker. */
  waiting: number;
  /** Number of jobs that await child jobs, a review or an upload. */
  awaiting: number;
  running: number;
  /** Minutes of input in this month (UTC). */
  minutes: number;
  /** Bytes of uploads and outputs, including bytes reserved for unconfirmed upload URLs. */
  stored_bytes: number;
  open_uploads: number;
}

/** Returns the command-line option of a setting: `--memory-mb` for `memory_mb`. */
export function settingFlag(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}

/** Returns the reason why a number is rejected as the value of a setting. Returns null if it is accepted. */
export function numberFault(name: NumberSettingName, value: number): string | null {
  const { least, most }: NumberSetting = NUMBER_SETTINGS[name];
  if (Number.isInteger(value) && value >= least && value <= most) return null;
  return `must be ${acceptedNumbers(name)}`;
}

/** Returns the accepted values in words, such as `an integer from 1 to 10`. */
export function acceptedNumbers(name: NumberSettingName): string {
  const { least, most, why }: NumberSetting = NUMBER_SETTINGS[name];
  return `an integer from ${least} to ${most}${why ? ` (${least} is the minimum: ${why})` : ''}`;
}

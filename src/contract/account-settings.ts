import { LIMIT_BOUNDS, type LimitName } from './limit-bounds.ts';
import { MAX_UPLOAD_BYTES } from './limits.ts';

/** A setting of an account that is a number. */
export interface NumberSetting {
  least: number;
  most: number;
  /** Why the minimum is not lower, where that is not obvious. */
  why?: string;
  /** What it bounds. */
  meaning: string;
  /** The default. */
  otherwise: string;
}

/** The number behind a column that is an `integer` of PostgreSQL. */
const MOST = 2 ** 31 - 1;
/** A petabyte: more than any disk, and exact as a number. */
const MOST_BYTES = 1e15;

/** Not `toLocaleString`, which loads the tables of all languages and costs each process 8 MB. */
export const inThousands = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

const cellSetting = (name: LimitName, meaning: string): NumberSetting => {
  const { least, most, why } = LIMIT_BOUNDS[name];
  return { least, most, why, meaning, otherwise: 'what the server allows' };
};

/** Columns of the table `accounts`, in the order in which they are shown. */
export const NUMBER_SETTINGS = {
  memory_mb: cellSetting('memory_mb', 'memory of one transcode, in MB of 1,048,576 bytes'),
  cpu_seconds: cellSetting('cpu_seconds', 'processor seconds of one transcode'),
  wall_seconds: cellSetting('wall_seconds', 'seconds that one transcode may run'),
  output_mb: cellSetting('output_mb', 'size of one output, in MB of 1,048,576 bytes'),
  max_concurrent: { least: 1, most: MOST, meaning: 'jobs that run concurrently', otherwise: '16' },
  max_queued: { least: 1, most: MOST, meaning: 'jobs that wait', otherwise: '10,000' },
  max_upload_bytes: {
    least: 1,
    most: MAX_UPLOAD_BYTES,
    meaning: 'bytes of one upload',
    otherwise: inThousands(MAX_UPLOAD_BYTES),
  },
  max_stored_bytes: {
    least: 0,
    most: MOST_BYTES,
    meaning: 'bytes of uploads and outputs that are kept, with those promised to open upload URLs',
    otherwise: '100,000,000,000',
  },
  max_open_uploads: { least: 1, most: MOST, meaning: 'upload URLs that are not confirmed yet', otherwise: '100' },
  monthly_minutes: { least: 0, most: MOST, meaning: 'minutes of input in a month', otherwise: 'no quota' },
  requests_per_minute: {
    least: 1,
    most: MOST,
    meaning: 'requests of one key in a minute',
    otherwise: 'AIRLOCK_RATE_LIMIT',
  },
  retention_seconds: {
    least: 1,
    most: MOST,
    meaning: 'seconds that outputs, and uploads after their last use, live; can only shorten',
    otherwise: 'AIRLOCK_RETENTION',
  },
} as const satisfies Record<string, NumberSetting> & Record<LimitName, NumberSetting>;

export type NumberSettingName = keyof typeof NUMBER_SETTINGS;

export const SWITCH_SETTINGS = {
  disarm: { meaning: 'refuse inputs that Airlock cannot remux before FFmpeg reads them' },
  disabled: { meaning: 'answer every request of the account with 403' },
} as const;

export type SwitchSettingName = keyof typeof SWITCH_SETTINGS;

/** Changes to apply: null restores the default of a number. */
export type AccountChanges = Partial<Record<NumberSettingName, number | null> & Record<SwitchSettingName, boolean>>;

/** An account as operators see it. Null: the server's own applies. */
export type AccountView = { id: string; name: string; created_at: string; disabled_at: string | null } & Record<
  NumberSettingName,
  number | null
> & { disarm: boolean };

/** What an account has and has used. */
export interface AccountUsage {
  /** Keys that work. */
  keys: number;
  waiting: number;
  running: number;
  /** Minutes of input in this month (UTC). */
  minutes: number;
  /** Bytes of uploads and outputs, with those promised to open upload URLs. */
  stored_bytes: number;
  open_uploads: number;
}

/** `--memory-mb` for `memory_mb`. */
export function settingFlag(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}

/** Why a number is refused as the value of a setting; null if it is accepted. */
export function refusedNumber(name: NumberSettingName, value: number): string | null {
  const { least, most, why }: NumberSetting = NUMBER_SETTINGS[name];
  if (Number.isInteger(value) && value >= least && value <= most) return null;
  return `must be a whole number from ${least} to ${most}${why ? ` (${least} is the least: ${why})` : ''}`;
}

import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import * as z from 'zod/mini';
import { formatDiskReserve, parseDiskReserve } from './disk-reserve.ts';

/** The conversion between the text of a variable and its value. */
export interface SettingType<Value> {
  /** Decodes the text to the value. Encodes the value to a text that decodes to the same value. */
  schema: z.ZodMiniType<Value, string>;
  /** Name of the type in the documentation, such as `port` or `duration`. */
  name: string;
  /** Completes the error `"x" is not …`, for example with "a port". */
  noun: string;
  remedy: string;
  /** Whether the text may contain a password. If so, no message may quote the text. */
  secret?: boolean;
}

export const text: SettingType<string> = { schema: z.string(), name: 'text', noun: 'a text', remedy: '' };

/** A TCP port; 0 selects a free port. */
export const port: SettingType<number> = {
  schema: numeric(0, 65_535),
  name: 'port',
  noun: 'a port',
  remedy: 'Use an integer from 0 to 65535',
};

export function integerUpTo(maximum: number): SettingType<number> {
  return {
    schema: numeric(1, maximum),
    name: `1 to ${maximum}`,
    noun: 'in range',
    remedy: `Use an integer from 1 to ${maximum}`,
  };
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * A duration of at least 1 second, such as `90s`, `15m`, `24h` or `7d`. A number without a unit is a number of seconds. The value is in
 * seconds.
 */
export const duration: SettingType<number> = {
  schema: z.codec(z.string().check(z.trim(), z.regex(/^\d{1,9}\s*[smhdw]?$/)), z.int().check(z.gte(1)), {
    decode: (text) => Number.parseInt(text, 10) * SECONDS[/[smhdw]$/.exec(text)?.[0] ?? 's']!,
    encode: (seconds) => `${seconds}s`,
  }),
  name: 'duration',
  noun: 'a duration',
  remedy: 'Write it like 90s, 15m, 24h or 7d',
};

/** A list of texts, separated by commas. Drops empty entries, and spaces around entries. The code that uses the entries validates them. */
export const list: SettingType<string[]> = {
  schema: z.codec(z.string(), z.array(z.string()), { decode: entries, encode: (list) => list.join(',') }),
  name: 'list',
  noun: 'a list',
  remedy: '',
};

export const portList: SettingType<number[]> = {
  schema: z.codec(z.string(), z.array(port.schema), { decode: entries, encode: (list) => list.join(',') }),
  name: 'list of ports',
  noun: 'a list of ports',
  remedy: 'Use integers from 0 to 65535, separated by commas',
};

export function choice<const Name extends string>(names: readonly Name[]): SettingType<Name> {
  const remedy = `Use one of ${names.join(', ')}`;
  return { schema: z.enum(names), name: 'choice', noun: 'known', remedy };
}

/** A URL with one of these protocols. Trailing slashes are removed. */
export function url(...protocols: [string, ...string[]]): SettingType<string> {
  const shown = protocols.map((protocol) => `${protocol}//…`).join(' or ');
  return {
    schema: z.string().check(
      z.refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol)),
      z.overwrite((text) => text.replace(/\/+$/, '')),
    ),
    name: 'URL',
    noun: `a URL of the form ${shown}`,
    remedy: `Write it as ${shown}`,
    secret: true,
  };
}

/** A path, which is made absolute. `~` is the home folder. */
export const path: SettingType<string> = {
  schema: z.codec(z.string(), z.string(), {
    decode: (text) => resolve(text.replace(/^~(?=\/|$)/, homedir())),
    encode: (path) => path,
  }),
  name: 'path',
  noun: 'a path',
  remedy: '',
};

export function absolutePath(example: string): SettingType<string> {
  return {
    schema: z.string().check(z.refine(isAbsolute)),
    name: 'absolute path',
    noun: 'an absolute path',
    remedy: `Write the full path, like ${example}`,
  };
}

/** Maximum length in bytes of the path of a Unix socket: `sun_path` of Linux, without its final zero byte. */
const MAX_SOCKET_PATH = 107;

export function socketPath(example: string): SettingType<string> {
  return {
    schema: z.string().check(z.refine((text) => isAbsolute(text) && Buffer.byteLength(text) <= MAX_SOCKET_PATH)),
    name: 'absolute path',
    noun: `an absolute path of at most ${MAX_SOCKET_PATH} bytes`,
    remedy: `Write the full path, like ${example}`,
  };
}

export const diskReserve: SettingType<ReturnType<typeof parseDiskReserve>> = {
  // Errors of `parseDiskReserve` name the part that is wrong, and are thrown unchanged.
  schema: z.codec(z.string(), z.object({ percent: z.number(), bytes: z.number() }), {
    decode: parseDiskReserve,
    encode: formatDiskReserve,
  }),
  name: 'share, size or both',
  noun: 'a share or a size',
  remedy: '',
};

function numeric(minimum: number, maximum: number) {
  return z.codec(z.string().check(z.regex(/^\d{1,12}$/)), z.int().check(z.gte(minimum), z.lte(maximum)), {
    decode: Number,
    encode: String,
  });
}

function entries(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
}

import * as z from 'zod/mini';
import { ConfigError } from './config-error.ts';
import { ACCEPTED_RISK, SETTINGS, type Setting, type Settings } from './settings.ts';

export type TlsMode = { mode: 'off' } | { mode: 'auto' } | { mode: 'files'; cert: string; key: string };

/** All settings of the operator, frozen. {@link SETTINGS} documents each setting. */
export interface Config extends Omit<Settings, 'tls' | 'tlsCert' | 'tlsKey' | 'allowUnsandboxed'> {
  tls: TlsMode;
}

const TABLE = Object.entries(SETTINGS) as [keyof Settings, Setting<unknown>][];

/** Reads and validates the environment. Throws a `ConfigError` with the variable, the reason and the remedy. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const settings = Object.fromEntries(TABLE.map(([name, setting]) => [name, read(setting, env)])) as Settings;
  const { tls: _mode, tlsCert: _cert, tlsKey: _key, allowUnsandboxed: _risk, ...rest } = settings;
  checkRisk(settings);
  return Object.freeze({ ...rest, tls: tlsMode(settings) });
}

/**
 * Returns the variables that reproduce this configuration in a child process, regardless of the environment of the parent:
 * `readConfig({...process.env, ...toEnvironment(config)})` equals `config`.
 */
export function toEnvironment(config: Config): Record<string, string> {
  const { tls } = config;
  const files = tls.mode === 'files' ? tls : null;
  const settings: Settings = {
    ...config,
    tls: tls.mode === 'auto' ? 'auto' : 'off',
    tlsCert: files?.cert ?? null,
    tlsKey: files?.key ?? null,
    allowUnsandboxed: config.sandbox === 'none' ? ACCEPTED_RISK : null,
  };
  return Object.fromEntries(TABLE.map(([name, { variable, type }]) => [variable, write(type.schema, settings[name])]));
}

function read({ variable, type, default: fallback }: Setting<unknown>, env: NodeJS.ProcessEnv): unknown {
  const text = env[variable] || fallback;
  if (text === null) return null;
  const { success, data } = z.safeDecode(type.schema, text);
  if (success) return data;
  const reason = type.secret ? `is not ${type.noun}` : `"${text}" is not ${type.noun}`;
  throw new ConfigError(variable, reason, type.remedy);
}

function write(schema: z.ZodMiniType<unknown, string>, value: unknown): string {
  return value === null ? '' : z.encode(schema, value);
}

function tlsMode({ tls, tlsCert: cert, tlsKey: key }: Settings): TlsMode {
  if (cert !== null && key !== null) return { mode: 'files', cert, key };
  if (cert === null && key === null) return { mode: tls };
  const { variable } = cert === null ? SETTINGS.tlsCert : SETTINGS.tlsKey;
  throw new ConfigError(variable, 'is missing', 'Set both, or neither');
}

/** Rejects `none` without a second setting that accepts the risk, because a file that takes over FFmpeg then controls the machine. */
function checkRisk({ sandbox, allowUnsandboxed }: Settings): void {
  if (sandbox !== 'none' || allowUnsandboxed === ACCEPTED_RISK) return;
  throw new ConfigError(
    SETTINGS.sandbox.variable,
    'is "none", so that a hostile file could read, change and send everything that this machine can',
    `Use auto; or, where every file is your own, set ${SETTINGS.allowUnsandboxed.variable}=${ACCEPTED_RISK} as well`,
  );
}

import { ConfigError } from './config-error.ts';

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `90s`, `15m`, `24h`, `7d`, or bare seconds → whole seconds, at least 1. */
export function parseDuration(variable: string, text: string): number {
  const match = /^(\d{1,9})\s*([smhdw]?)$/.exec(text.trim());
  const seconds = match ? Number(match[1]) * (UNITS[match[2] || 's'] ?? 1) : 0;
  if (seconds < 1) throw new ConfigError(variable, `"${text}" is no duration`, 'Write it like 90s, 15m, 24h or 7d');
  return seconds;
}

/** A TCP port; 0 takes a free one. */
export function parsePort(variable: string, text: string | undefined, fallback: number): number {
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new ConfigError(variable, `"${text}" is no port`, 'Use a whole number from 0 to 65535');
  }
  return port;
}

export function parsePositive(variable: string, text: string, maximum: number): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < 1 || value > maximum) {
    throw new ConfigError(variable, `"${text}" is out of range`, `Use a whole number from 1 to ${maximum}`);
  }
  return value;
}

/** A comma-separated list; blanks and empty entries go. */
export function parseList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
}

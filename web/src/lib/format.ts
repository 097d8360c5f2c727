const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Formats bytes in decimal units: `1.2 MB`. */
export function bytesText(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return '–';
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

/** Formats seconds as `4.2 s`, `1:05` or `2:03:04`. */
export function durationText(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const totalSeconds = Math.round(seconds);
  const parts = [Math.floor(totalSeconds / 3600), Math.floor(totalSeconds / 60) % 60, totalSeconds % 60];
  const [hours, minutes, rest] = parts as [number, number, number];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Formats the seconds of a setting in the largest unit that divides them: `24 hours`, `90 minutes`. */
export function spanText(seconds: number): string {
  const units = [
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ] as const;
  const [unit, size] = units.find(([, each]) => seconds % each === 0) ?? ['second', 1];
  const count = seconds / size;
  return `${countText(count)} ${unit}${count === 1 ? '' : 's'}`;
}

export function bitsText(bits: number | null | undefined): string {
  if (bits === null || bits === undefined) return '–';
  return bits >= 1e6 ? `${(bits / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bits / 1e3)} kbit/s`;
}

export function countText(count: number): string {
  return count.toLocaleString('en');
}

export function percentText(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`;
}

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'always' });
const STEPS: readonly [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/**
 * Formats a past moment: "3 minutes ago". Returns "just now" for the last ten seconds, and for the future, because clocks differ. `now`:
 * milliseconds since 1970.
 */
export function agoText(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  return seconds > -10 ? 'just now' : relativeText(seconds);
}

/** Formats a future moment: "in 23 hours". Returns "now" for a moment that has passed. `now`: milliseconds since 1970. */
export function dueText(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  return seconds < 1 ? 'now' : relativeText(seconds);
}

function relativeText(seconds: number): string {
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1];
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

const EXACT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export function exactTime(time: string): string {
  return EXACT.format(new Date(time));
}

/** Returns the last part of a URL or path, decoded if possible. */
export function nameOf(url: string | null): string | null {
  const last = url?.split(/[?#]/, 1)[0]?.split('/').filter(Boolean).at(-1);
  if (!last) return null;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

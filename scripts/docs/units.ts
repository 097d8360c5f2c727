const DECIMAL = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'KB'],
] as const;
const BINARY = [
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
] as const;
const TIMES = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;
/**
 * Minimum number of each unit. Smaller numbers are easier to read in the next smaller unit: 24 hours instead of 1 day, 60 seconds instead
 * of 1 minute.
 */
const LEAST = { day: 4, hour: 1, minute: 2, second: 0 } as const;

/** Formats a number: `1,000`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Formats bytes: `64 MiB`, `100 GB`, or `2,048,576,000 bytes` if no unit is exact. */
export function bytes(value: number): string {
  const found = [...BINARY, ...DECIMAL].find(
    ([size]) => value % size === 0 && value / size >= 1 && value / size < 1024,
  );
  return found ? `${count(value / found[0])} ${found[1]}` : `${count(value)} bytes`;
}

/** Formats seconds: `24 hours`, `15 minutes`, `7 days`. */
export function seconds(value: number): string {
  const [size, name] = TIMES.find(([size, name]) => value % size === 0 && value / size >= LEAST[name])!;
  const number = value / size;
  return `${count(number)} ${name}${number === 1 ? '' : 's'}`;
}

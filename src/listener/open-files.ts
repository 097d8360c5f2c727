import { readFileSync } from 'node:fs';

/** Number of descriptors for everything except client connections: database, listeners, modules, logs. */
const RESERVED = 256;
/** Number of descriptors per connection. A connection may need a second descriptor for a file or an upstream connection. */
const PER_CONNECTION = 2;

/**
 * Returns the number of connections for which this process has descriptors, at most `wanted`. Node raises its soft limit to the hard limit
 * at startup, so the limit in /proc is final. If /proc cannot be read, returns `wanted`.
 */
export function affordableConnections(wanted: number, limits = readLimits()): number {
  const open = /^Max open files +(\d+)/m.exec(limits)?.[1];
  if (open === undefined) return wanted;
  return Math.max(1, Math.min(wanted, Math.floor((Number(open) - RESERVED) / PER_CONNECTION)));
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

import { readFileSync } from 'node:fs';

/** Descriptors that a process needs besides those of its connections: database, listeners, modules, logs. */
const RESERVED = 256;
/** While a connection is served, it may keep a file or another connection open. */
const PER_CONNECTION = 2;

/**
 * The number of connections that this process has descriptors for, at most `wanted`. Node raises its soft limit to the
 * hard one when it starts, so the limit in /proc is final; where /proc cannot be read, `wanted` applies.
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

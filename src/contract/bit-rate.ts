import * as z from 'zod';
import { rule } from './faults/rule.ts';

/** A bit rate in a request, in bits per second. */
export const bitrate = z.union([
  z.number().int().positive(),
  z
    .string()
    .regex(/^\d{1,9}(\.\d{1,3})?[kM]?$/, rule('is not a bit rate', 'Send bits per second, such as 2800000 or "2800k"')),
]);

const UNITS: Readonly<Record<string, number>> = { k: 1000, M: 1_000_000 };

/** Returns the bits per second of a bit rate: 2,800,000 for `2800k`. The schema has checked the text. */
export function bitsPerSecond(rate: number | string): number {
  const [, digits, unit = ''] = /^([\d.]+)([kM]?)$/.exec(String(rate))!;
  return Math.round(Number(digits) * (UNITS[unit] ?? 1));
}

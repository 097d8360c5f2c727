import * as z from 'zod';
import { rule } from './faults/rule.ts';

const MAX_PREFIX = 512;

/** A folder of a bucket. */
export const bucketPrefix = z
  .string()
  .max(MAX_PREFIX)
  .refine((text) => prefixFault(text) === null, {
    error: ({ input }) =>
      rule(prefixFault(String(input)) ?? 'is not a prefix', 'Send folders such as "videos/2026", without dot segments'),
  });

/** Returns the reason why a prefix is invalid, or null. A prefix consists of folders, with or without a slash at the end. */
function prefixFault(text: string): string | null {
  if (text === '') return null;
  if (/[\x00-\x1f\x7f\\]/.test(text) || /\p{Surrogate}/u.test(text))
    return 'contains control characters or backslashes';
  const parts = text.replace(/\/$/, '').split('/');
  if (parts.includes('')) return 'starts with a slash, or has an empty folder';
  return parts.some((part) => part === '.' || part === '..') ? 'contains a dot segment' : null;
}

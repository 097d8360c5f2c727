import { z } from 'zod';

/** What an account may be called; it is the name that the command line knows it by. */
export const accountName = z
  .string()
  .trim()
  .min(1, { error: 'must not be empty' })
  .max(100, { error: 'must be at most 100 characters' })
  .regex(/^\P{Cc}*$/u, { error: 'must not hold control characters' });

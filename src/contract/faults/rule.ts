import * as z from 'zod';

/**
 * Returns the message of a rule that only our schemas have. It contains reason and remedy in one text, because Zod's messages are texts.
 * `readRule` separates them.
 */
export function rule(reason: string, remedy: string): string {
  return `${reason}\n${remedy}`;
}

/** Returns the reason and the remedy of a message. Returns null for a message that `rule` has not created. */
export function readRule(message: string): { reason: string; remedy: string } | null {
  const end = message.indexOf('\n');
  return end < 0 ? null : { reason: message.slice(0, end), remedy: message.slice(end + 1) };
}

/**
 * Returns the schema of a text without control characters. The pattern means the same in every regular-expression dialect, with or without
 * the flag `u`.
 */
export function plainText(most: number) {
  return z
    .string()
    .trim()
    .max(most)
    .regex(/^[^\x00-\x1f\x7f-\x9f]*$/, rule('contains control characters', 'Remove them'));
}

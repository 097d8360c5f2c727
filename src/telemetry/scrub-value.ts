import { scrub } from './scrub.ts';

/** Fields whose value is a secret in any form. */
const SECRET_FIELD =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|(?:pg)?password|passwd|secret|secret_?access_?key|session_?token|access_?token|api_?key|x-api-key|raw_?key|signature|private_?key)$/i;

/** Copies plain data (as JSON.parse returns it) with every string scrubbed, field names included. */
export function scrubValue(value: unknown): unknown {
  if (typeof value === 'string') return scrub(value);
  if (Array.isArray(value)) return value.map(scrubValue);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      scrub(name),
      SECRET_FIELD.test(name) && inner !== null && typeof inner !== 'boolean' ? '[removed]' : scrubValue(inner),
    ]),
  );
}

/**
 * Scrubs one serialized log line. Parses it and scrubs every decoded string, so that escapes hide nothing and the result is always valid
 * JSON.
 */
export function scrubLine(line: string): string {
  try {
    return `${JSON.stringify(scrubValue(JSON.parse(line)))}\n`;
  } catch {
    return `${JSON.stringify({ level: 'error', msg: scrub(line.trim()) })}\n`;
  }
}

/**
 * Escapes a value for the second level of FFmpeg's option syntax (`key=value:key=value`). Adds backslashes before special characters, and
 * before white space at the ends, which FFmpeg would drop.
 */
export function escapeValue(value: string): string {
  return guardEnds(value.replace(/[\\':]/g, '\\$&'));
}

/** Escapes all options of one filter for the first level, which separates filters, chains and labels. */
export function escapeOptions(options: string): string {
  return guardEnds(options.replace(/[\\'[\],;]/g, '\\$&'));
}

function guardEnds(text: string): string {
  return text.replace(/^[ \n\t\r]+|[ \n\t\r]+$/g, (white) => white.replace(/./gs, '\\$&'));
}

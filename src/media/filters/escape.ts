/**
 * A value as the second level of FFmpeg's option syntax reads it (`key=value:key=value`): backslashes before what is
 * special there, and before white space at the ends, which would be dropped.
 */
export function escapeValue(value: string): string {
  return guardEnds(value.replace(/[\\':]/g, '\\$&'));
}

/** All options of one filter as the first level reads them, where filters, chains and labels are separated. */
export function escapeOptions(options: string): string {
  return guardEnds(options.replace(/[\\'[\],;]/g, '\\$&'));
}

function guardEnds(text: string): string {
  return text.replace(/^[ \n\t\r]+|[ \n\t\r]+$/g, (white) => white.replace(/./gs, '\\$&'));
}

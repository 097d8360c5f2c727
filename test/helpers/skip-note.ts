/**
 * Ends the title of a test that may be skipped with the reason, so that each report lists why.
 * @param reason null if the test runs
 */
export function skipNote(reason: string | null | false): string {
  return reason ? ` (skipped: ${reason})` : '';
}

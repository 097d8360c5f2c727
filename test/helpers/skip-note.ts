/**
 * Returns a suffix for the title of a test that may be skipped. The suffix contains the reason, so that each report lists it.
 * @param reason null if the test runs
 */
export function skipNote(reason: string | null | false): string {
  return reason ? ` (skipped: ${reason})` : '';
}

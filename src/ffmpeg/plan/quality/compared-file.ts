import type { ComparedFile, PlannedOutput } from '../../types.ts';

/** Returns the file of the cell that represents an output in comparisons with its source. Null = the output is not compared. */
export function comparedFile(output: PlannedOutput): ComparedFile | null {
  if ('tree' in output) return output.compared ?? null;
  const { quality } = output;
  return quality ? { ...output, quality } : null;
}

/**
 * Matches paths of the cell. Tiers without a mount namespace cannot mount a folder as `/in`. In these tiers, the program's working
 * directory is its output folder, and the cell's paths become relative to this folder: `/in/0` becomes `../in/0`. Relative paths contain no
 * character that a filter graph must escape, for any name of the data directory.
 */
const CELL_PATH = /(?<![\w./\\-])\/(in|out|program-files)(?=\/|$|[:',;\]])/g;
const RELATIVE_PATH = /(?<![\w./])\.\.\/(in|out|program-files)(?=\/|$|[\s:',;\]])/g;

/** Makes every path of the cell in a text (an argument, a filter graph) relative. */
export function relocate(text: string): string {
  return text.replace(CELL_PATH, '../$1');
}

/** Relocates arguments, except metadata values, because a title is not a path. */
export function relocateArgs(args: readonly string[]): string[] {
  return args.map((arg, index) => (args[index - 1]?.startsWith('-metadata') ? arg : relocate(arg)));
}

/** Reverses `relocate`, for messages of the program. */
export function unrelocate(text: string): string {
  return text.replace(RELATIVE_PATH, '/$1');
}

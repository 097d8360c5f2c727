/**
 * Tiers without a mount namespace cannot show a folder as `/in`. The program works in its output folder there, and
 * the cell's paths become relative to it: `/in/0` is `../in/0`. Relative paths hold no character that a filter graph
 * would want escaped, whatever the data directory is called.
 */
const CELL_PATH = /(?<![\w./\\-])\/(in|out)(?=\/|$|[:',;\]])/g;
const RELATIVE_PATH = /(?<![\w./])\.\.\/(in|out)(?=\/|$|[\s:',;\]])/g;

/** Every path of the cell in a text (an argument, a filter graph) as the program must name it. */
export function relocate(text: string): string {
  return text.replace(CELL_PATH, '../$1');
}

/** Arguments, except values of metadata: the title of a film is not a path. */
export function relocateArgs(args: readonly string[]): string[] {
  return args.map((arg, index) => (args[index - 1]?.startsWith('-metadata') ? arg : relocate(arg)));
}

/** The way back, for messages of the program. */
export function unrelocate(text: string): string {
  return text.replace(RELATIVE_PATH, '/$1');
}

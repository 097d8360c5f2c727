/* Names of outputs. The dashboard uses them too, so this file needs no schema. */

/** Outputs of one job. */
export const MAX_OUTPUTS = 10;

/** A name that a request may give to an output. */
export const OUTPUT_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** The names of outputs, in their order: as requested, else their format with a number where that is taken. */
export function outputNames(outputs: readonly { name?: string | undefined; outputFormat: string }[]): string[] {
  const taken = new Set(outputs.flatMap(({ name }) => name ?? []));
  return outputs.map(({ name, outputFormat }) => {
    if (name !== undefined) return name;
    let free = outputFormat;
    for (let number = 2; taken.has(free); number++) free = `${outputFormat}-${number}`;
    taken.add(free);
    return free;
  });
}

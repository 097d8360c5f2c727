/* Names of outputs. The dashboard uses them too, so this file needs no schema. */

/** Maximum number of outputs of one job. */
export const MAX_OUTPUTS = 10;

/** Pattern for a name that a request may give to an output. */
export const OUTPUT_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Returns the name of each output: its name in the request, or its format, with a number if that name is already used. */
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

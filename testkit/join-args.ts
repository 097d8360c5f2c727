/**
 * Joins the arguments of several FFmpeg processes into the arguments of one process: all inputs, then each output with the inputs of its
 * list. Each list contains its inputs first, then the options and the name of its one output. An output without `-map` uses every input of
 * its list. Lists must not contain global options (`-y`, `-filter_complex`).
 */
export function joinArgs(lists: readonly (readonly string[])[]): string[] {
  if (lists.length === 1) return [...lists[0]!];
  const inputs: string[] = [];
  const outputs: string[] = [];
  let before = 0;
  for (const args of lists) {
    const count = args.filter((arg) => arg === '-i').length;
    const end = args.lastIndexOf('-i') + 2;
    const output = args.slice(end).map((arg, index, all) => {
      if (all[index - 1] !== '-map') return arg;
      return arg.replace(/^\d+/, (number) => String(before + Number(number)));
    });
    const everything = Array.from({ length: count }, (_, index) => ['-map', String(before + index)]).flat();
    inputs.push(...args.slice(0, end));
    outputs.push(...(output.includes('-map') ? [] : everything), ...output);
    before += count;
  }
  return [...inputs, ...outputs];
}

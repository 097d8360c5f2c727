/** Returns a program and its arguments as a person would type them in a shell. */
export function shellText(argv: readonly string[]): string {
  return argv.map(quoted).join(' ');
}

export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Returns the words of a command in groups: the program, each option with its argument, and each other word. */
export function optionsOf(argv: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (const word of argv) {
    const group = groups.at(-1);
    const isArgument = !isOption(word) && group?.length === 1 && isOption(group[0]!);
    if (isArgument) group.push(word);
    else groups.push([word]);
  }
  return groups;
}

/** Whether a word is an option. `-crf` is an option, but the number `-1` is not. */
function isOption(word: string): boolean {
  return /^-[a-z]/i.test(word);
}

/** A program and its arguments as one would type them. */
export function shellText(argv: readonly string[]): string {
  return argv.map(quoted).join(' ');
}

export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

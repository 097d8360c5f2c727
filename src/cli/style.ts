type Paint = (text: string) => string;

export interface Palette {
  bold: Paint;
  dim: Paint;
  red: Paint;
  green: Paint;
  yellow: Paint;
}

/** Returns colors for text on a stream. They are used only on a terminal, and not if NO_COLOR is set (no-color.org). */
export function paletteFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Palette {
  const hasColours = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const paint = (code: number) => (text: string) => (hasColours && text ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33) };
}

/** Colors for standard error. */
export const { bold, dim, red, green, yellow } = paletteFor(process.stderr);
/** Colors for standard output. */
export const out = paletteFor(process.stdout);

/** Colors of levels as SGR codes: gray, blue, yellow, red. */
const COLOURS: Record<string, number> = { trace: 90, debug: 90, info: 34, warn: 33, error: 31, fatal: 31 };
/** Fields that have a fixed position in the line. */
const PLACED = new Set(['time', 'level', 'role', 'pid', 'msg', 'err']);
/** C0, C1 and bidirectional controls. With them, a hostile file name could redraw the terminal. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Formats one log line for people: time, level, role, message, then the fields. The stack of an error is below the line. */
export function prettyLine(json: string, colours: boolean): string {
  const fields = JSON.parse(json) as Record<string, unknown>;
  const level = String(fields.level ?? '');
  const paint = (text: string, code: number) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const rest = Object.entries(fields)
    .filter(([name]) => !PLACED.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? quote(value) : JSON.stringify(value)}`);
  const line = [
    paint(String(fields.time ?? '').slice(11, 19), 90),
    paint(level.toUpperCase().padEnd(5), COLOURS[level] ?? 0),
    ...(fields.role === undefined ? [] : [paint(clean(String(fields.role)), 36)]),
    clean(String(fields.msg ?? '')),
    ...(rest.length === 0 ? [] : [paint(clean(rest.join(' ')), 90)]),
  ].join(' ');
  const stack = (fields.err as { stack?: unknown } | undefined)?.stack;
  return typeof stack === 'string' ? `${line}\n${stack.split('\n').map(indent).join('\n')}\n` : `${line}\n`;
}

function quote(value: string): string {
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function indent(line: string): string {
  return `    ${clean(line)}`;
}

function clean(text: string): string {
  return text.replace(CONTROLS, ' ');
}

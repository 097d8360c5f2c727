/*
 * Parses the subset of YAML that the manifests of deploy/ need: block maps and lists, flow maps and lists on one line, plain and quoted
 * scalars, comments, and several documents. Throws for everything else, so that no line is skipped.
 */
export type Yaml = string | number | boolean | null | Yaml[] | { [key: string]: Yaml };

interface Line {
  indent: number;
  text: string;
  number: number;
}

/** Returns the documents of a file. Throws with the line number of syntax that it does not support. */
export function parseYaml(text: string): Yaml[] {
  return text.split(/^---$/m).map((part) => {
    const lines = part
      .split('\n')
      .map((raw, index) => ({ indent: raw.search(/\S/), text: withoutComment(raw).trim(), number: index + 1 }))
      .filter((line) => line.text !== '');
    const value = block(lines, lines[0]?.indent ?? 0);
    if (lines.length > 0) throw new Error(`line ${lines[0]!.number}: ${lines[0]!.text}`);
    return value;
  });
}

function withoutComment(raw: string): string {
  return /^\s*#/.test(raw) ? '' : raw.replace(/\s#[^"']*$/, '');
}

/** Parses one map or list at the start of the lines, and removes its lines. */
function block(lines: Line[], indent: number): Yaml {
  if (lines[0]?.text.startsWith('- ')) {
    const list: Yaml[] = [];
    while (lines[0]?.indent === indent && lines[0].text.startsWith('- ')) list.push(item(lines, indent));
    return list;
  }
  const map: { [key: string]: Yaml } = {};
  while (lines[0]?.indent === indent && !lines[0].text.startsWith('- ')) {
    const line = lines.shift()!;
    const match = /^([\w./-]+):(?:\s+(.*))?$/.exec(line.text);
    if (!match) throw new Error(`line ${line.number}: ${line.text}`);
    const [, key, rest] = match;
    if (Object.hasOwn(map, key!)) throw new Error(`line ${line.number}: ${key} is repeated`);
    map[key!] = rest !== undefined ? flow(rest) : nested(lines, indent);
  }
  return map;
}

function nested(lines: Line[], indent: number): Yaml {
  const next = lines[0];
  if (!next || next.indent < indent || (next.indent === indent && !next.text.startsWith('- '))) return null;
  return block(lines, next.indent);
}

/** Parses an item of a list, as if its dash were indentation. */
function item(lines: Line[], indent: number): Yaml {
  const first = lines[0]!;
  const rest = first.text.slice(2).trim();
  if (!/^[\w./-]+:(\s|$)/.test(rest)) {
    lines.shift();
    return flow(rest);
  }
  lines[0] = { ...first, indent: indent + 2, text: rest };
  return block(lines, indent + 2);
}

function flow(text: string): Yaml {
  const [value, rest] = flowValue(text.trim());
  if (rest.trim() !== '') throw new Error(`cannot read: ${text}`);
  return value;
}

function flowValue(text: string): [Yaml, string] {
  if (text.startsWith('[') || text.startsWith('{')) return collection(text);
  const quoted = /^"((?:[^"\\]|\\.)*)"|^'([^']*)'/.exec(text);
  if (quoted) return [quoted[1] ?? quoted[2]!, text.slice(quoted[0].length)];
  return [scalar(text), ''];
}

function collection(text: string): [Yaml, string] {
  const isMap = text.startsWith('{');
  const end = isMap ? '}' : ']';
  const list: Yaml[] = [];
  const map: { [key: string]: Yaml } = {};
  let rest = text.slice(1).trim();
  while (!rest.startsWith(end)) {
    const key = isMap ? /^([\w./-]+):\s+/.exec(rest) : null;
    if (isMap && !key) throw new Error(`cannot read: ${text}`);
    if (key) rest = rest.slice(key[0].length);
    const plain = /^[^"'[{\],}]+/.exec(rest);
    const [value, left] = plain ? [scalar(plain[0].trim()), rest.slice(plain[0].length)] : flowValue(rest);
    if (key) map[key[1]!] = value;
    else list.push(value);
    rest = left.trim();
    if (rest.startsWith(',')) rest = rest.slice(1).trim();
    else if (!rest.startsWith(end)) throw new Error(`cannot read: ${text}`);
  }
  return [isMap ? map : list, rest.slice(1)];
}

function scalar(text: string): Yaml {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null' || text === '~') return null;
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (/^[&*!|>%@`]/.test(text)) throw new Error(`cannot read: ${text}`);
  return text;
}

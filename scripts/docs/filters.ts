import { CONSTANTS, FUNCTIONS, REJECTED_FUNCTIONS } from '../../src/ffmpeg/policy/expressions/functions.ts';
import { describeFilterValue, type FilterSpec, type Pads } from '../../src/ffmpeg/policy/filters/index.ts';
import { FILTER_GROUPS, type FilterGroup } from './filter-groups.ts';
import { code, heading, table } from './markdown.ts';

const SOURCE = 'src/ffmpeg/policy/filters/table';
const COLUMNS = ['Filter', 'Inputs', 'Outputs', 'What it does'];

/** The function that renders the page of each group, by the path of the page below the repository. */
export const FILTER_PAGES: Readonly<Record<string, () => string>> = Object.fromEntries(
  FILTER_GROUPS.map((group) => [`docs/filters/${group.name}.md`, () => groupPage(group)]),
);

function groupPage({ title, about, specs }: FilterGroup): string {
  const sorted = [...specs].sort(byName);
  return `${heading(title, SOURCE)}
${about} [Filters](../filters.md) explains graphs, files and expressions.

${table(COLUMNS, sorted.map(summary))}
${sorted.map(filterSection).join('')}`;
}

function byName(a: FilterSpec, b: FilterSpec): number {
  return a.name.localeCompare(b.name, 'en');
}

/** Returns the index of all filters, with the properties of each filter. */
export function filtersPage(): string {
  const groups = FILTER_GROUPS.map(({ name, title, about }) => [`[${title}](filters/${name}.md)`, about]);
  const filters = FILTER_GROUPS.flatMap(({ name, title, specs }) => specs.map((spec) => ({ name, title, spec })))
    .sort((a, b) => byName(a.spec, b.spec))
    .map(({ name, title, spec }) => [
      `[${code(spec.name)}](filters/${name}.md#${spec.name})`,
      spec.doc,
      `[${title}](filters/${name}.md#${spec.name})`,
    ]);
  return `${heading('Filters', SOURCE)}
With \`-vf\` and \`-af\`, a chain has one input and one output stream. With \`filters\` in a request, or \`-filter_complex\`, you write a
complete graph with streams such as \`[0:v]\` and \`[1:a]\`.

Airlock parses a graph as FFmpeg does: chains, labels, quotes, and both levels of escaping. It checks every filter and value against these
pages, and writes the graph again with the names of all options. If it rejects a filter or a value, it returns 422 \`option_refused\` with the
position in the text, the reason and, if one exists, an alternative. Options that you don't set keep FFmpeg's defaults.

Some filters name a file: subtitles, a logo, a look-up table, a font. Write a URL, \`gs://…\`, or \`input:N\` for an input of the request,
counted from 0. Airlock fetches and checks the file like an input. A request can name up to 10 files. You don't need to escape the colon of a
URL.

## Expressions

An expression may use numbers, \`+ - * / ^\`, brackets, \`;\`, and the variables that its filter lists. It may use the constants
${[...CONSTANTS.keys()].map(code).join(', ')} and these functions:
${[...FUNCTIONS].map(([name, [least, most]]) => code(`${name}(${parameters(least, most)})`)).join(', ')}.
${[...REJECTED_FUNCTIONS].map(([name, { reason }]) => `${code(name)} is rejected because it ${reason}.`).join(' ')}

Filters with the word "Timeline" also accept \`enable\`, an expression with the variables \`t\`, \`n\`, \`pos\`, \`w\` and \`h\`.

## Groups

${table(['Page', 'Contents'], groups)}

## All filters

${table(['Filter', 'What it does', 'Group'], filters)}
`;
}

function summary(spec: FilterSpec): string[] {
  return [
    `[${code(spec.name)}](#${spec.name})`,
    padText(spec.inputs, spec),
    padText(spec.outputs, spec),
    `${spec.doc}${spec.timeline ? ' Timeline.' : ''}`,
  ];
}

function padText(pads: Pads, spec: FilterSpec): string {
  if (typeof pads === 'string') return 'video and audio, by the options n, v and a';
  if (typeof pads === 'function') {
    const found = pads(new Map());
    return `${listed(found)}, by its options`;
  }
  if ('kind' in pads) return `${kindName(pads.kind)}, up to ${pads.max} by ${code(pads.count)}`;
  return spec.name === 'concat' ? 'video and audio' : listed(pads);
}

function listed(pads: readonly ('v' | 'a')[]): string {
  return pads.length === 0 ? 'nothing' : pads.map(kindName).join(', ');
}

function kindName(kind: 'v' | 'a'): string {
  return kind === 'v' ? 'video' : 'audio';
}

function filterSection(spec: FilterSpec): string {
  const rows = Object.entries(spec.options).map(([name, value]) => [
    code(name),
    Object.entries(spec.aliases ?? {})
      .filter(([, long]) => long === name)
      .map(([alias]) => code(alias))
      .join(', '),
    describeFilterValue(value).replace(/^Use /, '').replace(/\.$/, ''),
  ]);
  const order = spec.positional.slice(0, 12).filter((name) => Object.hasOwn(spec.options, name));
  const notes = [
    order.length > 0 ? `Unnamed values: ${order.map(code).join(', ')}.` : '',
    spec.required?.length ? `Required: ${spec.required.map(code).join(', ')}.` : '',
    spec.fixed
      ? `Always set: ${Object.entries(spec.fixed)
          .map(([key, value]) => code(`${key}=${value}`))
          .join(', ')}.`
      : '',
  ].filter((note) => note !== '');
  return `
## ${spec.name}

${spec.doc}${notes.length > 0 ? ` ${notes.join(' ')}` : ''}

${rows.length > 0 ? `${table(['Option', 'Also', 'Value'], rows)}\n\n` : ''}Example: ${code(spec.example)}
`;
}

function parameters(least: number, most: number): string {
  const names = Array.from({ length: most }, (_, index) => String.fromCharCode('a'.charCodeAt(0) + index));
  return names.map((name, index) => (index < least ? name : `[${name}]`)).join(', ');
}

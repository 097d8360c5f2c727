import { CONSTANTS, FUNCTIONS, REJECTED_FUNCTIONS } from '../../src/ffmpeg/policy/expressions/functions.ts';
import {
  describeFilterValue,
  type FilterSpec,
  type FilterValue,
  type Pads,
} from '../../src/ffmpeg/policy/filters/index.ts';
import { FILTER_GROUPS, type FilterGroup } from './filter-groups.ts';
import { code, heading, table } from './markdown.ts';
import { sourceNumber } from './source-constants.ts';
import { count } from './units.ts';

const SOURCE = 'src/ffmpeg/policy/filters/table';
/** Maximum number of parts of an expression. */
const MAX_PARTS = count(sourceNumber('ffmpeg/policy/expressions/parse.ts', 'MAX_NODES'));
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
With \`-vf\` and \`-af\`, a chain has one input and one output stream. With \`filters\` in a request, or with \`-filter_complex\`, you write a
complete graph with streams such as \`[0:v]\` and \`[1:a]\`.

Airlock parses a graph as FFmpeg does: chains, labels, quotes, and both levels of escaping. It checks every filter and value against these
pages, and writes the graph again with the names of all options. If it rejects a filter or a value, the request returns \`422\` with the code
\`option_refused\`. The error contains the position in the text, the reason and, if one exists, an alternative. Options that you don't set keep
FFmpeg's defaults, unless the page of the filter states that Airlock sets them. Some filters also restrict combinations of options. For
example, a filter can require that two of its lists have the same length. The pages don't list these rules. If you break a rule, the error
states the rule.

Airlock accepts named values in upper and lower case. For most options, it also accepts the number that FFmpeg assigns to a named value. Where
an option needs a number, you can send a calculation of numbers, such as \`44100*1.25\`.

Some filters name a file: subtitles, a picture or video, a look-up table, or a font. Write a public URL, a \`gs://\` URL, or \`input:N\` for an
input of the request, counted from 0. Airlock fetches and checks the file like an input. The filters and overlays of a request can name up to 10
files. You don't need to escape the colon of a URL.

## Expressions

An expression can use numbers, \`+ - * / ^\`, brackets, \`;\`, and the variables that its filter lists. It can use the constants
${[...CONSTANTS.keys()].map(code).join(', ')} and these functions:
${[...FUNCTIONS].map(([name, [least, most]]) => code(`${name}(${parameters(least, most)})`)).join(', ')}.
${[...REJECTED_FUNCTIONS].map(([name, { reason }]) => `${code(name)} is rejected because it ${reason}.`).join(' ')}

An expression can have at most ${MAX_PARTS} parts, or fewer if the option states a lower number. Numbers, names, operators and calls are parts. The
pages of the groups list the functions that only some options accept.

Some filters also accept \`enable\`, an expression that switches the filter on and off. It can use the variables \`t\`, \`n\`, \`pos\`, \`w\` and
\`h\`. The pages of the groups state "Accepts enable" for these filters.

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
    `${spec.doc}${spec.timeline ? ' Accepts enable.' : ''}`,
  ];
}

function padText(pads: Pads, spec: FilterSpec): string {
  if (typeof pads === 'string') return 'video and audio, set by `n`, `v` and `a`';
  if (typeof pads === 'function') {
    const found = pads(new Map());
    return `${listed(found)}, depending on its options`;
  }
  if ('kind' in pads) return `${kindName(pads.kind)}, up to ${pads.max}, set by ${code(pads.count)}`;
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
    valueText(value),
  ]);
  const order = unnamedValues(spec);
  const notes = [
    order.length > 0 ? `Order of unnamed values: ${order.join(', ')}.` : '',
    spec.required?.length ? `Required: ${spec.required.map(code).join(', ')}.` : '',
    spec.fixed
      ? `Airlock always sets ${Object.entries(spec.fixed)
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

/** Returns the options that unnamed values set, in their order. Options that Airlock rejects keep their position. */
function unnamedValues({ positional, options, aliases = {} }: FilterSpec): string[] {
  const isAccepted = (name: string) => Object.hasOwn(options, aliases[name] ?? name);
  const end = positional.findLastIndex(isAccepted) + 1;
  return positional.slice(0, end).map((name) => (isAccepted(name) ? code(name) : `${code(name)} (rejected)`));
}

/** A longer list of other names hides the accepted values. */
const MAX_OTHER_NAMES = 16;

/** Returns the accepted values, with other names of a value. Only the page of all filters describes the numbers that FFmpeg assigns. */
function valueText(value: FilterValue): string {
  const text = describeFilterValue(value).replace(/^Use /, '').replace(/\.$/, '');
  const names = value.type === 'choice' ? Object.entries(value.aliases ?? {}) : [];
  const others = names.filter(([name, same]) => !isAssigned(names, name, same) && !isListed(value, name, same));
  if (others.length === 0) return text;
  if (others.length > MAX_OTHER_NAMES)
    return `${text}. ${others.length} other names are accepted too, such as ${code(others[0]![0])}`;
  return `${text}. Other names: ${others.map(([name, same]) => `${name} (= ${same})`).join(', ')}`;
}

/**
 * Whether a name is the number that FFmpeg assigns to its value. This is the lowest number among the names of the value: `709` is a further
 * name of zscale's `bt709`, whose number is 1.
 */
function isAssigned(names: readonly (readonly [string, string])[], name: string, same: string): boolean {
  const numbers = names.flatMap(([other, its]) =>
    its === same && !Number.isNaN(Number(other)) ? [Number(other)] : [],
  );
  return Number(name) === Math.min(...numbers);
}

/** Whether a name is one of the listed values, or differs from its value only in case, hyphens and underscores. */
function isListed(value: FilterValue, name: string, same: string): boolean {
  const values = value.type === 'choice' ? value.values : [];
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, '');
  return values.includes(name) || plain(name) === plain(same);
}

function parameters(least: number, most: number): string {
  const names = Array.from({ length: most }, (_, index) => String.fromCharCode('a'.charCodeAt(0) + index));
  return names.map((name, index) => (index < least ? name : `[${name}]`)).join(', ');
}

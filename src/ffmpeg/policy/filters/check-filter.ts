import { nearestName } from '../../../contract/faults/near-name.ts';
import type { RequestBudget } from '../request-budget.ts';
import { filterAdvice } from './advice.ts';
import { optionTexts } from './pads.ts';
import { describeFilterValue, readValue } from './read-value.ts';
import { printable, type Rejections } from './rejections.ts';
import type { CheckedFilter, FilterSpec, FilterValue, GraphAsset, RawArgument, RawFilter } from './types.ts';

export type FilterTable = ReadonlyMap<string, FilterSpec>;

const ENABLE: FilterValue = { type: 'expression', variables: ['t', 'n', 'pos', 'w', 'h'] };

/** Finds a filter in the table, or rejects it with a reason. */
export function findSpec(raw: RawFilter, table: FilterTable, rejections: Rejections): FilterSpec | null {
  const spec = table.get(raw.name);
  if (spec) return spec;
  const name = printable(raw.name) || 'the graph';
  const plain = raw.name.normalize('NFKC').trim().toLowerCase();
  const advice = filterAdvice(plain);
  if (raw.name === '') {
    rejections.add(raw.offset, 'the graph', 'contains an empty filter', 'Put one filter between two commas.');
  } else if (table.has(plain)) {
    rejections.add(
      raw.offset,
      name,
      'is not in plain lower-case letters',
      `Write it "${plain}": names of filters are lower case.`,
    );
  } else if (advice) {
    rejections.add(raw.offset, name, advice.reason, advice.suggestion);
  } else {
    const near = nearestName(plain, table.keys());
    const suggestion = near ? `Did you mean "${near}"?` : 'The list of allowed filters is in the documentation.';
    rejections.add(raw.offset, name, 'is not on the list of allowed filters', suggestion);
  }
  return null;
}

/** The results of checking the filters of a graph, and the budget that the checks use. */
export interface Findings {
  /** Files that filters name. */
  assets: GraphAsset[];
  rejections: Rejections;
  budget: RequestBudget;
}

/** Checks the options of a filter against its row of the table. Returns null if the filter is rejected. */
export function checkFilter(raw: RawFilter, spec: FilterSpec, found: Findings): CheckedFilter | null {
  const { rejections } = found;
  const before = rejections.list.length;
  const filter: CheckedFilter = {
    spec,
    inputs: raw.inputs.map((label) => label.name),
    outputs: raw.outputs.map((label) => label.name),
    values: new Map(),
    offset: raw.offset,
  };
  /** Offset of each option, for the rules between options. */
  const offsets = new Map<string, number>();
  let position = 0;
  for (const argument of raw.arguments) {
    const written = argument.key ?? unnamedKey(spec, position, argument.value);
    if (argument.key === null) position++;
    if (written === undefined) {
      rejections.add(argument.offset, spec.name, 'has too many unnamed values', listOptions(spec));
      continue;
    }
    const key = spec.aliases && Object.hasOwn(spec.aliases, written) ? spec.aliases[written]! : written;
    const kind = optionKind(spec, key);
    // Accepts an option that the server sets, if the caller sets the same value.
    if (isOwn(spec, key) && spec.fixed![key] === argument.value) continue;
    if (!kind) rejectKey(spec, written, argument, rejections);
    else if (filter.values.has(key)) {
      rejections.add(argument.offset, `${spec.name}=${key}`, 'is given twice', 'Give each option once.');
    } else {
      offsets.set(key, argument.offset);
      takeValue(filter, key, kind, argument, found);
      if (found.budget.isSpent) return null;
    }
  }
  if (rejections.list.length === before) checkRules(filter, offsets, rejections);
  return rejections.list.length === before ? filter : null;
}

function isOwn(spec: FilterSpec, key: string): boolean {
  return spec.fixed !== undefined && Object.hasOwn(spec.fixed, key);
}

/** Returns the option that an unnamed value sets. FFmpeg reads `scale=1280x720` and `scale=hd720` as the size, not as the width. */
function unnamedKey(spec: FilterSpec, position: number, value: string): string | undefined {
  const size = spec.options.size;
  if (position === 0 && size?.type === 'size' && readValue(size, value).ok) return 'size';
  return spec.positional[position];
}

function optionKind(spec: FilterSpec, key: string): FilterValue | null {
  if (isOwn(spec, key)) return null;
  if (Object.hasOwn(spec.options, key)) return spec.options[key]!;
  return spec.timeline && key === 'enable' ? ENABLE : null;
}

function takeValue(
  filter: CheckedFilter,
  key: string,
  kind: FilterValue,
  argument: RawArgument,
  { assets, rejections, budget }: Findings,
): void {
  const result = readValue(kind, argument.value);
  if (!result.ok) {
    const isEmpty = argument.value.trim() === '';
    const offset = isEmpty ? argument.offset : (argument.valueOffsets?.[result.at] ?? argument.end ?? argument.offset);
    const reason = isEmpty ? 'needs a value' : `${result.reason} (${quoted(argument.value)})`;
    rejections.add(offset, `${filter.spec.name}=${key}`, reason, result.suggestion);
  } else if ('parts' in result && !budget.take('expressionParts', result.parts)) {
    rejections.add(argument.offset, 'the request', budget.reason, budget.suggestion);
  } else if (result.type === 'asset') {
    filter.values.set(key, { type: 'asset', asset: assets.length });
    assets.push({ kind: (kind as { kind: GraphAsset['kind'] }).kind, source: result.source, offset: argument.offset });
  } else if (result.type === 'expression') {
    filter.values.set(key, { type: 'expression', expression: result.expression });
  } else {
    filter.values.set(key, { type: 'text', text: result.text });
  }
}

function quoted(value: string): string {
  return `"${printable(value)}"`;
}

function rejectKey(spec: FilterSpec, key: string, argument: RawArgument, rejections: Rejections): void {
  const subject = `${spec.name}=${printable(key)}`;
  if (key.startsWith('/')) {
    rejections.add(
      argument.offset,
      subject,
      'begins with /, which would load the value from a file of the server',
      `Write the value itself: ${printable(key.slice(1))}=….`,
    );
    return;
  }
  if (isOwn(spec, key)) {
    rejections.add(argument.offset, subject, 'is set by the server', 'Leave it out.');
    return;
  }
  const near = nearestName(key, [...Object.keys(spec.options), ...Object.keys(spec.aliases ?? {})]);
  const reason =
    key === 'enable' ? 'cannot be switched on and off over time' : 'is not an allowed option of this filter';
  rejections.add(
    argument.offset,
    subject,
    reason,
    near ? `Did you mean "${near}"? ${listOptions(spec)}` : listOptions(spec),
  );
}

function listOptions(spec: FilterSpec): string {
  const names = Object.keys(spec.options);
  if (spec.timeline) names.push('enable');
  return names.length === 0 ? `${spec.name} has no options.` : `${spec.name} accepts ${names.join(', ')}.`;
}

function checkRules(filter: CheckedFilter, offsets: ReadonlyMap<string, number>, rejections: Rejections): void {
  const { spec } = filter;
  for (const key of spec.required ?? []) {
    if (filter.values.has(key)) continue;
    rejections.add(filter.offset, `${spec.name}=${key}`, 'is missing', describeFilterValue(spec.options[key]!));
    return;
  }
  const broken = spec.check?.(optionTexts(filter));
  if (!broken) return;
  const offset = offsets.get(broken.option) ?? filter.offset;
  rejections.add(offset, `${spec.name}=${broken.option}`, broken.reason, broken.suggestion);
}

import { RequestBudget } from '../request-budget.ts';
import { printable, Rejections } from './rejections.ts';
import { splitArguments } from './split-arguments.ts';
import { type Located, locate, offsetAt, readToken, skipWhite } from './tokens.ts';
import type { GraphRejection, RawArgument, RawFilter, RawGraph, RawLabel } from './types.ts';

export const MAX_GRAPH_CHARACTERS = 10_000;
const MAX_FILTERS = 300;
/** Maximum number of labels on each side of a filter. */
const MAX_LABELS = 64;
const LABEL = /^(?! )[\p{L}\p{M}\p{N}_.:+#@ -]{1,64}(?<! )$/u;
const UNPRINTABLE = /[\p{Cs}\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]/u;
const QUOTE_ADVICE = "Close it; an apostrophe within quoted text is written '\\\\\\''.";

export type RawGraphResult = { ok: true; graph: RawGraph } | { ok: false; rejections: GraphRejection[] };

/**
 * Reads the grammar of a filter graph (FFmpeg 7.1's `graphparser.c`), and charges its filters to the request's budget. Does not check which
 * filters the graph names. Never throws.
 */
export function parseGraph(text: string, budget = new RequestBudget()): RawGraphResult {
  const rejections = new Rejections();
  const graph = readChains(text, budget, rejections);
  return graph && rejections.isEmpty ? { ok: true, graph } : { ok: false, rejections: rejections.list };
}

function readChains(text: string, budget: RequestBudget, rejections: Rejections): RawGraph | null {
  if (!isReadable(text, rejections)) return null;
  const source = locate(text);
  const chains: RawFilter[][] = [];
  let chain: RawFilter[] = [];
  let count = 0;
  let at = skipWhite(source, 0);
  while (at < text.length) {
    if (++count > MAX_FILTERS) {
      rejections.add(at, 'the graph', `has more than ${MAX_FILTERS} filters`, 'Send fewer filters, or several jobs.');
      return null;
    }
    if (!budget.take('filters')) {
      rejections.add(at, 'the request', budget.reason, budget.suggestion);
      return null;
    }
    const read = readFilter(source, at, rejections);
    if (!read) return null;
    chain.push(read.filter);
    const separator = text[read.next];
    if (separator !== undefined && separator !== ',' && separator !== ';') {
      rejections.add(read.next, read.filter.name, `is followed by "${printable(separator)}"`, SEPARATOR_ADVICE);
      return null;
    }
    if (separator !== ',') {
      chains.push(chain);
      chain = [];
    }
    at = separator === undefined ? text.length : skipWhite(source, read.next + 1);
  }
  if (chain.length > 0) chains.push(chain);
  if (chains.length === 0) {
    rejections.add(0, 'the graph', 'contains no filter', 'Send one such as scale=1280:-2.');
    return null;
  }
  return { chains };
}

const SEPARATOR_ADVICE =
  'Join filters of a chain with , and chains with ; – in a value, quote or escape these and [ ].';

function isReadable(text: string, rejections: Rejections): boolean {
  if (text.length > MAX_GRAPH_CHARACTERS) {
    const reason = `is longer than ${MAX_GRAPH_CHARACTERS} characters`;
    rejections.add(MAX_GRAPH_CHARACTERS, 'the graph', reason, 'Send a shorter graph, or several jobs.');
    return false;
  }
  const unprintable = UNPRINTABLE.exec(text);
  if (unprintable) {
    rejections.add(unprintable.index, 'the graph', 'contains a control character', 'Leave it out.');
    return false;
  }
  const flags = /^[ \n\t\r]*sws_flags=([\w+]*)/.exec(text);
  if (flags) {
    const suggestion = `Set the scaler's flags in the filter: scale=…:flags=${flags[1] || 'bicubic'}.`;
    rejections.add(flags[0].indexOf('sws'), 'sws_flags', 'is not a filter', suggestion);
    return false;
  }
  return true;
}

function readFilter(source: Located, from: number, rejections: Rejections): { filter: RawFilter; next: number } | null {
  const inputs = readLabels(source, from, rejections);
  if (!inputs) return null;
  const token = readToken(source, inputs.next, (character) => '=,;['.includes(character));
  if (token.openQuote !== null) {
    rejections.add(offsetAt(source, token.openQuote), 'the graph', "has an unclosed quote (')", QUOTE_ADVICE);
    return null;
  }
  // `scale@left` names one of several `scale` filters for commands at run time, which clients cannot send.
  const name = token.value.text.split('@')[0]!;
  const offset = token.value.offsets[0] ?? offsetAt(source, inputs.next);
  let next = token.next;
  let values: RawArgument[] = [];
  if (source.text[next] === '=') {
    const argument = readToken(source, next + 1, (character) => '[],;'.includes(character));
    next = argument.next;
    if (argument.openQuote !== null) {
      rejections.add(offsetAt(source, argument.openQuote), name, "has an unclosed quote (')", QUOTE_ADVICE);
      return null;
    }
    values = splitArguments(argument.value, name, rejections);
  }
  const outputs = readLabels(source, next, rejections);
  if (!outputs) return null;
  const filter = { name, inputs: inputs.labels, outputs: outputs.labels, arguments: values, offset };
  return { filter, next: skipWhite(source, outputs.next) };
}

function readLabels(
  source: Located,
  from: number,
  rejections: Rejections,
): { labels: RawLabel[]; next: number } | null {
  const labels: RawLabel[] = [];
  let at = from;
  while (source.text[at] === '[') {
    const token = readToken(source, at + 1, (character) => character === ']');
    const name = token.value.text;
    if (source.text[token.next] !== ']' || token.openQuote !== null) {
      rejections.add(at, `[${name}`, 'is an unclosed label', 'Close it with ].');
      return null;
    }
    if (!LABEL.test(name)) {
      const reason = name === '' ? 'is a label without a name' : 'is not a label';
      rejections.add(at, `[${name}]`, reason, 'Use letters, digits and _, at most 64 of them.');
      return null;
    }
    if (labels.length === MAX_LABELS) {
      rejections.add(
        at,
        `[${name}]`,
        `exceeds the limit of ${MAX_LABELS} labels for one filter`,
        'Use several filters.',
      );
      return null;
    }
    labels.push({ name, offset: at });
    at = skipWhite(source, token.next + 1);
  }
  return { labels, next: at };
}

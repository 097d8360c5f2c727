import type { FilterSpec, FilterValue } from '../../src/ffmpeg/policy/filters/types.ts';
import { run } from '../../testkit/run.ts';

export interface HelpOption {
  name: string;
  /** FFmpeg's name of the type: `int`, `string`, `image_size`, `[<int>]` … */
  type: string;
  description: string;
  min: number;
  max: number;
  /** Named values of an enumeration or of flags. */
  words: string[];
  /** FFmpeg's numbers of the named values of an enumeration. */
  numbers: Record<string, number>;
  /** False for options of a library behind the filter. These options have no unnamed values. */
  own: boolean;
  /** Whether the option is a result and not a setting. */
  readOnly: boolean;
}

export interface FilterHelp {
  options: HelpOption[];
  timeline: boolean;
}

const LIMITS: Readonly<Record<string, number>> = {
  INT_MAX: 2_147_483_647,
  INT_MIN: -2_147_483_648,
  UINT32_MAX: 4_294_967_295,
  I64_MAX: 2 ** 63,
  I64_MIN: -(2 ** 63),
  FLT_MAX: 3.4028235e38,
  '-FLT_MAX': -3.4028235e38,
  FLT_MIN: 1.18e-38,
  DBL_MAX: Number.MAX_VALUE,
  '-DBL_MAX': -Number.MAX_VALUE,
};

const bound = (text: string | undefined, fallback: number): number =>
  text === undefined ? fallback : (LIMITS[text] ?? Number(text));

/**
 * Returns FFmpeg's description of each filter, as `ffmpeg -h filter=NAME` prints it. One call of `-h full` prints the same sections for all
 * filters. Only filters whose section is ambiguous need a separate call.
 */
export async function filterHelps(names: readonly string[]): Promise<Map<string, FilterHelp>> {
  const [full, list] = await Promise.all([say('-h', 'full'), say('-filters')]);
  const timelines = new Map(
    [...list.matchAll(/^ ([T.])[S.][C.] (\S+) +\S+->\S+ /gm)].map(([, t, name]) => [name!, t === 'T']),
  );
  const sections = filterSections(full, new Set(timelines.keys()));
  const helps = new Map<string, FilterHelp>();
  await inParallel(names, async (name) => {
    const section = sections.get(name) ?? (await say('-h', `filter=${name}`));
    helps.set(name, { options: readOptions(section), timeline: timelines.get(name) ?? false });
  });
  return helps;
}

const say = async (...args: string[]): Promise<string> =>
  (await run('ffmpeg', ['-hide_banner', ...args], { timeout: 10_000, maxBuffer: 16 * 2 ** 20 })).stdout;

/** Titles of the sections of libraries behind filters. FFmpeg prints these sections after the filter's own section. */
const LIBRARIES: ReadonlySet<string> = new Set(['SWScaler', 'SWResampler', 'framesync', 'AVDCT']);
const UNCERTAIN = '';

/** Returns the sections of `-h full` by filter. Omits a filter with two different sections or a section of an unknown library. */
function filterSections(full: string, filters: ReadonlySet<string>): Map<string, string> {
  const sections = full
    .split(/^(?=\S.* AVOptions:$)/m)
    .map((text) => ({ text, title: /^(.*) AVOptions:/.exec(text)?.[1] ?? '' }));
  const isFilters = (index: number) => namesOf(sections[index]?.title ?? '').some((name) => filters.has(name));
  const found = new Map<string, { texts: Set<string>; isExact: boolean }>();
  for (const [index, { title, text }] of sections.entries()) {
    let end = index + 1;
    while (LIBRARIES.has(sections[end]?.title ?? '')) end++;
    const complete = isFilters(end)
      ? [text, ...sections.slice(index + 1, end).map((one) => one.text)].join('')
      : UNCERTAIN;
    for (const name of namesOf(title)) {
      const isExact = name === title;
      const before = found.get(name);
      if (!before || (isExact && !before.isExact)) found.set(name, { texts: new Set([complete]), isExact });
      else if (isExact === before.isExact) before.texts.add(complete);
    }
  }
  return new Map(
    [...found]
      .filter(([, { texts }]) => texts.size === 1 && !texts.has(UNCERTAIN))
      .map(([name, { texts }]) => [name, [...texts][0]!]),
  );
}

/** Returns the filters that share the options under a title such as `(a)cue`, `(h|v)stack` or `deflate/inflate`. */
function namesOf(title: string): string[] {
  return title.split('/').flatMap((part) => {
    const [, start, inner, end] = /^(.*)\((.*)\)(.*)$/.exec(part) ?? [];
    if (inner === undefined) return [part];
    return (inner.includes('|') ? inner.split('|') : ['', inner]).map((word) => `${start}${word}${end}`);
  });
}

function readOptions(text: string): HelpOption[] {
  const options: HelpOption[] = [];
  let sections = 0;
  for (const line of text.split('\n')) {
    if (/ AVOptions:$/.test(line)) sections++;
    const option = /^ {2,3}-?(\S+)\s+(<\w+>|\[<\w+>\s*\])\s*([.A-Z]{11})(?: (.*))?$/.exec(line);
    if (option) {
      const [, optionName, type, marks, rest = ''] = option;
      const range = /\(from (\S+) to (\S+)\)/.exec(rest);
      options.push({
        name: optionName!,
        type: type!.replace(/[<>\s]/g, ''),
        description: rest.replace(/ ?\((?:from|default) .*$/, ''),
        min: bound(range?.[1], Number.NEGATIVE_INFINITY),
        max: bound(range?.[2], Number.POSITIVE_INFINITY),
        words: [],
        numbers: {},
        own: sections === 1,
        readOnly: marks![7] === 'R',
      });
      continue;
    }
    const word = /^ {5}(\S+)\s+(?:(-?\d+)\s+)?[.A-Z]{11}/.exec(line);
    const last = options.at(-1);
    if (!word || !last) continue;
    last.words.push(word[1]!);
    if (word[2] !== undefined) last.numbers[word[1]!] = Number(word[2]);
  }
  return options.filter((option) => !option.readOnly);
}

/** FFmpeg's types that each type of value can represent. */
const TYPES: Readonly<Record<FilterValue['type'], readonly string[]>> = {
  integer: ['int', 'int64', 'uint64', 'unsigned', 'rational', 'string'],
  number: ['float', 'double', 'rational', 'string'],
  boolean: ['boolean'],
  choice: ['int', 'int64', 'string', 'pix_fmt', 'sample_fmt', 'unsigned', 'uint64'],
  flags: ['flags'],
  expression: ['string'],
  expressions: ['string'],
  color: ['color', 'string'],
  colors: ['string', '[color]'],
  time: ['duration', 'double', 'int64', 'string', 'float'],
  size: ['image_size', 'string'],
  rate: ['video_rate', 'string', 'rational'],
  ratio: ['rational', 'string'],
  list: ['string', '[sample_fmt]', '[pix_fmt]', '[int]'],
  numbers: ['string', '[int]', '[double]', '[float]'],
  text: ['string'],
  pattern: ['string', 'channel_layout', '[channel_layout]', 'int', 'dictionary'],
  'force-style': ['string'],
  asset: ['string'],
};

/** Returns the differences between a row of the filter table and FFmpeg's help. `leftOut` are options that the row omits on purpose. */
export function specFaults(spec: FilterSpec, help: FilterHelp, leftOut: readonly string[] = []): string[] {
  const faults: string[] = [];
  const byName = new Map(help.options.map((option) => [option.name, option]));
  const aliases = spec.aliases ?? {};
  for (const [name, value] of Object.entries(spec.options)) {
    const option = byName.get(name);
    if (option) faults.push(...valueFaults(value, option).map((fault) => `${name}: ${fault}`));
    else faults.push(`${name}: FFmpeg has no such option`);
  }
  for (const [alias, name] of Object.entries(aliases)) {
    const [one, other] = [byName.get(alias), byName.get(name)];
    if (!one || !other || !(name in spec.options)) faults.push(`alias ${alias}: ${alias} or ${name} is unknown`);
    else if (describe(one) !== describe(other)) faults.push(`alias ${alias}: is not the same as ${name}`);
  }
  for (const { name } of help.options) {
    const known = name in spec.options || name in aliases || name in (spec.fixed ?? {}) || leftOut.includes(name);
    if (!known) faults.push(`${name}: missing`);
  }
  const order = help.options.filter((option) => option.own && !(option.name in aliases)).map((option) => option.name);
  if (spec.positional.join() !== withoutTwins(order, byName, leftOut).join()) {
    faults.push(`positional: ${spec.positional.join()} is not ${withoutTwins(order, byName, leftOut).join()}`);
  }
  if ((spec.timeline ?? false) !== help.timeline) faults.push(`timeline: FFmpeg says ${help.timeline}`);
  return faults;
}

/** Omits the second of two omitted names for the same option, such as `f` and `format_name`. */
function withoutTwins(
  order: readonly string[],
  byName: ReadonlyMap<string, HelpOption>,
  leftOut: readonly string[],
): string[] {
  return order.filter((name, index) => {
    const before = order[index - 1];
    if (before === undefined || !leftOut.includes(name) || !leftOut.includes(before)) return true;
    return describe(byName.get(name)!) !== describe(byName.get(before)!);
  });
}

const describe = (option: HelpOption): string =>
  [option.type, option.description.toLowerCase(), option.min, option.max, ...option.words].join(' ');

function valueFaults(value: FilterValue, option: HelpOption): string[] {
  const faults: string[] = [];
  if (!TYPES[value.type].includes(option.type)) faults.push(`${value.type} does not fit FFmpeg's ${option.type}`);
  if (value.type === 'integer' || value.type === 'number') {
    // The help rounds numbers to six digits.
    const slack = (limit: number) => Math.abs(limit) * 1e-5;
    if (value.min > value.max) faults.push('min is above max');
    if (value.min < option.min - slack(option.min)) faults.push(`min ${value.min} is below ${option.min}`);
    if (value.max > option.max + slack(option.max)) faults.push(`max ${value.max} is above ${option.max}`);
    if (!Number.isFinite(value.min) || !Number.isFinite(value.max)) faults.push('has no bound');
  }
  if ((value.type === 'choice' || value.type === 'flags') && option.words.length > 0) {
    const aliases = value.type === 'choice' ? (value.aliases ?? {}) : {};
    const ours = [...value.values, ...Object.keys(aliases).filter((alias) => Number.isNaN(Number(alias)))];
    for (const word of ours) if (!option.words.includes(word)) faults.push(`FFmpeg has no value ${word}`);
    for (const word of option.words) if (!ours.includes(word)) faults.push(`the value ${word} is missing`);
    for (const target of Object.values(aliases)) {
      if (!value.values.includes(target)) faults.push(`the alias ${target} has no target`);
    }
  }
  // The default `measured IL of input file` is a description, not a value.
  const described = `${option.name} ${option.description.replace('of input file', '')}`;
  const namesFile = /(?<!pro)file(name)?\b|\bpath\b|\bsocket\b|\bdevice\b|\burl\b|plugin|script|library/i;
  if (value.type !== 'asset' && namesFile.test(described)) faults.push('may name a file');
  return faults;
}

/** Processes three items at a time. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}

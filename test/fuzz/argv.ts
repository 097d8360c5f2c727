import { parseGraph } from '../../src/ffmpeg/policy/filters/parse-graph.ts';
import { FILTER_TABLE } from '../../src/ffmpeg/policy/filters/table/index.ts';

const FILTER_FLAGS = /^-(vf|af|filter(:[va](:\d+)?)?|filter_complex|lavfi)$/;
const FILES = /\/in\/(\d+|asset-\d+\.\w+|layer-\d+\.(?:svg|ass))|\/out\/output\.\w+|\/usr\/share\/fonts/g;
const NAMES = new Set(FILTER_TABLE.map((spec) => spec.name));
/** Filters that the planner writes itself, some of them with unnamed values. Their text contains nothing from the caller. */
const OURS = new Set([
  ...['scale', 'pad', 'crop', 'fps', 'format', 'aformat', 'setsar', 'aresample', 'zscale', 'tonemap', 'transpose'],
  ...['null', 'anull', 'nullsink', 'anullsink', 'anullsrc', 'overlay', 'split', 'asplit', 'concat', 'palettegen'],
  ...[
    'paletteuse',
    'color',
    'setpts',
    'asetpts',
    'trim',
    'atrim',
    'apad',
    'hflip',
    'vflip',
    'alphamerge',
    'subtitles',
    'ass',
  ],
]);
const FREE_TEXT = /^(title|artist|album|comment|[\w-]{1,64})=/;

/** Returns the faults of arguments for FFmpeg: everything that FFmpeg must never receive, regardless of what the caller wrote. */
export function argvFaults(args: readonly string[]): string[] {
  const faults: string[] = [];
  for (const [index, arg] of args.entries()) {
    const flag = args[index - 1] ?? '';
    if (typeof arg !== 'string') faults.push(`argument ${index} is a ${typeof arg}`);
    else if (arg.startsWith('-/')) faults.push(`a value out of a file: ${arg}`);
    else if (/[\u0000]/.test(arg)) faults.push(`a zero byte behind ${flag}`);
    else if (FILTER_FLAGS.test(flag)) faults.push(...filterFaults(arg));
    else if (/^-metadata(:|$)/.test(flag)) {
      if (!FREE_TEXT.test(arg) || /[\u0000-\u0008\u000b-\u001f\u007f]/.test(arg))
        faults.push(`a tag: ${JSON.stringify(arg)}`);
    } else {
      const rest = arg.replace(FILES, '');
      if (/:\/\//.test(rest)) faults.push(`a URL: ${arg}`);
      if (/(^|[=:'\s|,])\//.test(rest)) faults.push(`a path: ${arg}`);
      if (/\s/.test(rest)) faults.push(`white space: ${JSON.stringify(arg)}`);
    }
  }
  return faults;
}

function filterFaults(text: string): string[] {
  const parsed = parseGraph(text);
  if (!parsed.ok) return [`a graph that we cannot read: ${text}`];
  const faults: string[] = [];
  for (const filter of parsed.graph.chains.flat()) {
    if (!NAMES.has(filter.name) && !OURS.has(filter.name))
      faults.push(`a filter that is not ours: ${filter.name} in ${text}`);
    for (const { key, value } of filter.arguments) {
      const isPlain = key === null && OURS.has(filter.name) && /^[\w.:/()*+|,-]{0,80}$/.test(value);
      if (!isPlain && !/^[\w-]+$/.test(key ?? '')) faults.push(`a key of ${filter.name}: ${key}`);
      const isText = filter.name === 'drawtext' && key === 'text';
      if (!isText && /:\/\//.test(value)) faults.push(`a URL in ${filter.name}: ${value}`);
      if (!isText && value.replace(FILES, '').startsWith('/')) faults.push(`a path in ${filter.name}: ${value}`);
      if (value.includes('\0')) faults.push(`a zero byte in ${filter.name}`);
    }
  }
  return faults;
}

/** An option of a command, with its argument. */
export interface CommandOption {
  name: string;
  /** A stream specifier such as `v` or `a:0`, or the empty string. */
  specifier: string;
  args: string[];
}

const FLAGS: ReadonlySet<string> = new Set(['sn', 'dn', 'nostdin', 'y', 'hide_banner', 'nostats', 'vn', 'an']);
/** Options that the worker sets again when it runs a piece. */
export const THREADS: ReadonlySet<string> = new Set(['threads', 'filter_threads', 'filter_complex_threads']);
const GLOBAL: ReadonlySet<string> = new Set(
  'nostdin y hide_banner v nostats progress stats_period max_alloc'.split(' '),
);
const INPUT: ReadonlySet<string> = new Set(
  'reinit_filter f protocol_whitelist format_whitelist max_streams probesize analyzeduration'.split(' '),
);

/** A planned command that reads one input. */
export interface OneInput {
  global: string[];
  /** Returns the arguments that read a file of the cell with the options of the input. */
  open(name: string): string[];
  /** All arguments after the input. */
  outputs: string[];
}

/** Reads the start of a command if each piece may use the same start. Otherwise returns the reason as a sentence. */
export function readInput(args: readonly string[]): OneInput | string {
  const at = args.indexOf('-i');
  if (at < 0 || args[at + 1] !== '/in/0' || args.indexOf('-i', at + 1) >= 0) return 'The job has several inputs.';
  const before = readOptions(args.slice(0, at));
  const odd = before.find(({ name }) => !GLOBAL.has(name) && !INPUT.has(name) && !THREADS.has(name));
  if (odd) return `The option -${odd.name} of the input cannot be split.`;
  const source = before.filter(({ name }) => INPUT.has(name)).flatMap((option) => option.args);
  return {
    global: before.filter(({ name }) => GLOBAL.has(name)).flatMap((option) => option.args),
    open: (name) => [...source, '-i', `/in/${name}`],
    outputs: args.slice(at + 2),
  };
}

export function readOptions(args: readonly string[]): CommandOption[] {
  const options: CommandOption[] = [];
  for (let at = 0; at < args.length; ) {
    const [, name = '', specifier = ''] = /^-([a-z][\w-]*)(?::(.*))?$/.exec(args[at]!) ?? [];
    const length = FLAGS.has(name) ? 1 : 2;
    options.push({ name, specifier, args: args.slice(at, at + length) });
    at += length;
  }
  return options;
}

/** Seconds after its key frame to which a piece seeks. With the exact time, rounding might find the previous key frame. */
const SEEK_SECONDS = 0.001;

/** Times of frames in the units of their stream. */
export interface PieceTimes {
  /** Time of the key frame at which decoding begins. */
  key: number;
  /** Time of the frame that is shown at time zero. */
  start: number;
  timescale: number;
}

/**
 * Returns the options of an input that decodes from a key frame on and shows the frame of `start` at time zero. If a piece begins with
 * another frame, `joinedFault` detects it.
 */
export function seekArgs({ key, start, timescale }: PieceTimes): string[] {
  const seek = (key / timescale + SEEK_SECONDS).toFixed(6);
  const shift = (-start / timescale).toFixed(6);
  return ['-copyts', '-seek_timestamp', '1', '-noaccurate_seek', '-ss', seek, '-itsoffset', shift];
}

/** Sets the number of threads of decoder, filters and encoders in a command of a piece. */
export function withThreads(args: readonly string[], threads: number): string[] {
  const at = args.indexOf('-i');
  const count = ['-threads', String(threads)];
  return [
    ...['-filter_threads', String(threads)],
    ...args.flatMap((arg, index) => {
      if (index === at) return [...count, arg];
      const isTail = index > at && arg === '-f' && args[index + 2]?.startsWith('/out/');
      return isTail ? [...count, arg] : [arg];
    }),
  ];
}

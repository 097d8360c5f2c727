import type { OptionRequest } from '../../../src/contract/transcode-request.ts';

/** What would happen without the nets. */
export type Effect =
  /** Opens a file that is not the caller's. */
  | 'READ'
  /** Its content comes out in the output. */
  | 'LEAK-OUT'
  /** Its content comes out in the error text. */
  | 'LEAK-LOG'
  /** Writes a file elsewhere. */
  | 'WRITE'
  | 'NET'
  | 'LISTEN'
  | 'CODE-EXEC'
  | 'HANG'
  | 'MEMORY'
  /** No effect of its own: smuggled past a check, or a crash. */
  | 'CONFUSE';

/**
 * What the policy does. `refused`: 422. `fetched`: the name becomes an asset that the fetcher brings (and refuses, when
 * it is not public), never a name that FFmpeg sees. `bounded`: it runs, and our own limits end it. `unplanned`: refused once the size of the
 * inputs is known. `ignored`: the option never reaches FFmpeg, and a warning says so.
 */
export type Verdict = 'refused' | 'ignored' | 'fetched' | 'unplanned' | 'bounded';

export interface Attack {
  name: string;
  class: string;
  effects: readonly Effect[];
  verdict: Verdict;
  /** As a caller would send it. */
  request: {
    options?: OptionRequest[];
    inputOptions?: OptionRequest[];
    filters?: string[];
  };
  /** The same for FFmpeg itself, with the policy off. */
  argv: readonly string[];
  /** True: seen to have one of its effects in a bare FFmpeg on this kind of machine. */
  bites: boolean;
}

/**
 * Words that the test replaces: @SECRET@ a text file of the test, @SRT@ the same as subtitles, @MEDIA@ a clip,
 * @OUTSIDE@ a folder that anybody may write, @URL@/@EURL@ (escaped) and @ADDRESS@ our listener, @IN@ the input, @OUT@
 * the output folder, @CONCAT@ and @HLS@ lists in the input folder that name the secret.
 */
type Draft = Omit<Attack, 'class'>;
type More = Partial<Pick<Attack, 'verdict' | 'bites' | 'argv'>>;

const INPUT = ['-i', '@IN@'];
const SHORT = ['-t', '0.2', '@OUT@/o.mkv'];

const draft = (
  name: string,
  effects: string,
  request: Attack['request'],
  argv: readonly string[],
  more: More,
): Draft => ({
  name,
  effects: effects.split(' ') as Effect[],
  verdict: 'refused',
  bites: false,
  request,
  argv,
  ...more,
});

/** Output options: `-name value -name value …`; a value that starts with a dash is written `=-value`. */
export function output(name: string, effects: string, words: readonly string[], more: More = {}): Draft {
  const plain = words.map((word) => word.replace(/^=-/, '-'));
  return draft(name, effects, { options: pairs(words) }, [...INPUT, ...plain, ...SHORT], more);
}

export function input(name: string, effects: string, words: readonly string[], more: More = {}): Draft {
  return draft(name, effects, { inputOptions: pairs(words) }, [...words, ...INPUT, ...SHORT], more);
}

export function video(name: string, effects: string, text: string, more: More = {}): Draft {
  const options = [{ option: '-vf', argument: text }];
  return draft(name, effects, { options }, [...INPUT, '-vf', text, '-an', ...SHORT], more);
}

export function audio(name: string, effects: string, text: string, more: More = {}): Draft {
  const options = [{ option: '-af', argument: text }];
  return draft(name, effects, { options }, [...INPUT, '-af', text, '-vn', ...SHORT], more);
}

/** The `filters` field; all outputs of the graph go into one file. */
export function graph(name: string, effects: string, text: string, more: More = {}): Draft {
  return draft(name, effects, { filters: [text] }, [...INPUT, '-filter_complex', text, ...SHORT], more);
}

/** Filters that have no end of their own: the output's length is left open. */
export function endless(name: string, effects: string, kind: 'vf' | 'af', text: string, more: More = {}): Draft {
  const request = { options: [{ option: `-${kind}`, argument: text }] };
  const without = kind === 'vf' ? '-an' : '-vn';
  return draft(name, effects, request, [...INPUT, `-${kind}`, text, without, '@OUT@/o.mkv'], more);
}

export const inClass = (name: string, rows: readonly Draft[]): Attack[] => rows.map((row) => ({ ...row, class: name }));

function pairs(words: readonly string[]): OptionRequest[] {
  const options: OptionRequest[] = [];
  for (const word of words) {
    const last = options.at(-1);
    if (word.startsWith('-') || !last || last.argument !== undefined) options.push({ option: word });
    else last.argument = word.replace(/^=-/, '-');
  }
  return options;
}

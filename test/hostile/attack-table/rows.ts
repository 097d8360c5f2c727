import type { OptionRequest } from '../../../src/contract/transcode-request.ts';

/** Effects that an attack would have without policy and sandbox. */
export type Effect =
  /** Opens a file that does not belong to the caller. */
  | 'READ'
  /** The output contains the content of such a file. */
  | 'LEAK-OUT'
  /** The error text contains the content of such a file. */
  | 'LEAK-LOG'
  /** Writes a file outside the output folder. */
  | 'WRITE'
  | 'NET'
  | 'LISTEN'
  | 'CODE-EXEC'
  | 'HANG'
  | 'MEMORY'
  /** No effect by itself. The attack bypasses a check, or causes a crash. */
  | 'CONFUSE';

/**
 * What the policy does. `refused`: the request gets 422. `fetched`: the name becomes an asset for the fetcher, which rejects it unless it
 * is public, and never reaches FFmpeg. `bounded`: the command runs until Airlock's limits end it. `unplanned`: the request is rejected once
 * the size of the inputs is known. `ignored`: the option never reaches FFmpeg, and the response contains a warning.
 */
export type Verdict = 'refused' | 'ignored' | 'fetched' | 'unplanned' | 'bounded';

export interface Attack {
  name: string;
  class: string;
  effects: readonly Effect[];
  verdict: Verdict;
  /** The request as a client would send it. */
  request: {
    options?: OptionRequest[];
    inputOptions?: OptionRequest[];
    filters?: string[];
  };
  /** The equivalent arguments for FFmpeg, without the policy. */
  argv: readonly string[];
  /** Whether the attack has one of its effects in an unprotected FFmpeg on this kind of machine. */
  bites: boolean;
}

/**
 * Placeholders that the test replaces. @SECRET@: a text file. @SRT@: the same text as subtitles. @MEDIA@: a clip. @OUTSIDE@: a
 * world-writable folder. @URL@, @EURL@ (escaped) and @ADDRESS@: the listener of the test. @IN@: the input. @OUT@: the output folder.
 * @CONCAT@ and @HLS@: lists in the input folder that name the secret.
 */
type Draft = Omit<Attack, 'class'>;
type More = Partial<Pick<Attack, 'verdict' | 'bites' | 'argv'>>;

const INPUT = ['-i', '@IN@'];
// Arguments of an output format that accepts every codec and contains no random numbers.
const SHORT = ['-t', '0.2', '@OUT@/o.nut'];

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

/** Returns an attack with output options: `-name value -name value …`. Write a value that starts with a dash as `=-value`. */
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

/** Returns an attack in the `filters` field. One file contains all outputs of the graph. */
export function graph(name: string, effects: string, text: string, more: More = {}): Draft {
  return draft(name, effects, { filters: [text] }, [...INPUT, '-filter_complex', text, ...SHORT], more);
}

/** Returns an attack with filters that never end. Its output has no other limit of length. */
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

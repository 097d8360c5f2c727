import { type Argument, InvalidArgumentError, Option } from 'commander';
import { nearText } from '../contract/faults/near-text.ts';

/*
 * Options whose values a command checks before it starts its work. Commander reports a rejected value with the option, and ./airlock then
 * exits with the code for wrong usage.
 */

/** Creates an option that accepts one of several words. */
export function choiceOption(flags: string, description: string, words: readonly string[]): Option {
  return new Option(flags, description).choices(words).argParser((text) => readChoice(text, words));
}

/** Makes an argument accept only one of several words. */
export function choiceArgument(argument: Argument, words: readonly string[]): Argument {
  return argument.choices(words).argParser((text) => readChoice(text, words));
}

interface IntegerRange {
  least: number;
  /** Maximum value. If absent, there is no limit. */
  most?: number;
  /** The remedy if the value is out of range. */
  advice?: string;
}

/** Creates an option that accepts an integer. The option accepts only digits, because 1e3, 0x10 and 5MB are ambiguous. */
export function integerOption(flags: string, description: string, range: IntegerRange): Option {
  return new Option(flags, description).argParser((text) => {
    const { least, most, advice } = range;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER)) return text;
    const accepted = most === undefined ? `${least} or more` : `from ${least} to ${most}`;
    throw new InvalidArgumentError([`Use an integer ${accepted}.`, advice].filter(Boolean).join(' '));
  });
}

/** Creates an option that accepts a date or a time. */
export function timeOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text))) return text;
    throw new InvalidArgumentError('Use a date or a time such as 2026-11-26 or 2026-11-26T09:30:00Z.');
  });
}

/** Creates `--limit`, the number of entries on a page, and `--page`, the number of the page. */
export function pageOptions(things: string): [limit: Option, page: Option] {
  const advice = `--page 2 shows the next ${things}.`;
  return [
    integerOption('--limit <n>', `${things} per page, up to 100 (default: 20)`, { least: 1, most: 100, advice }),
    integerOption('--page <n>', 'number of the page, from 1', { least: 1, most: 1_000_000 }),
  ];
}

function readChoice(text: string, words: readonly string[]): string {
  if (words.includes(text)) return text;
  const near = nearText(text, words);
  const hint = near === null ? '' : `Did you mean "${near}"? `;
  throw new InvalidArgumentError(`${hint}Use one of ${words.join(', ')}.`);
}

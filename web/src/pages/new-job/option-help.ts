import { OPTION_TABLE } from '../../../../src/ffmpeg/policy/options/option-table.ts';
import { describeValue } from '../../../../src/ffmpeg/policy/options/option-values.ts';

interface OptionHelp {
  /** What the option does, and which values it accepts. */
  text: string;
  /** Values to choose from; empty unless the option accepts only certain words. */
  values: readonly string[];
}

/** The help of every option for an output, by the name of the option with its dash, with and without a stream specifier. */
export const OPTION_HELP: ReadonlyMap<string, OptionHelp> = new Map(
  OPTION_TABLE.filter(({ scopes, ignored }) => scopes.includes('output') && !ignored).flatMap((row) => {
    const { value } = row;
    const values = value.type === 'choice' || value.type === 'flags' ? value.values : [];
    const help = { text: `${row.doc} ${describeValue(value)}`, values };
    const names = row.specifiers.length > 1 ? row.specifiers.map((letter) => `-${row.name}:${letter}`) : [];
    return [`-${row.name}`, ...names].map((name) => [name, help] as const);
  }),
);

import type { Tier } from '../tiers/tier.ts';
import type { CellText } from './cell.ts';

/** Matches FFmpeg options whose value can contain customer text: tags, and filter graphs with drawn text. */
const CONFIDENTIAL = /^-((metadata|filter_complex|lavfi|filter|vf|af)(?::[\w:]+)?)$/;

/**
 * Moves the values of confidential options into files in the cell, because every account on the machine can read the command line of every
 * process. In FFmpeg 7 and later, `-/name FILE` reads the value of `-name` from a file.
 * @param inside the tier's path translation, applied to filter graphs but not to tags, which are no paths
 */
export function hideArguments(args: readonly string[], inside: Tier['inside']): { args: string[]; texts: CellText[] } {
  const texts: CellText[] = [];
  const shown: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const [, option, name] = CONFIDENTIAL.exec(args[index]!) ?? [];
    const value = args[index + 1];
    if (!option || value === undefined) {
      shown.push(args[index]!);
      continue;
    }
    const file = `argument-${texts.length}`;
    texts.push({ name: file, text: name === 'metadata' ? value : inside(value) });
    shown.push(`-/${option}`, `/in/${file}`);
    index += 1;
  }
  return { args: shown, texts };
}

import type { ParsedRequest } from '../policy/options/parsed-request.ts';
import type { PlanWarning } from '../types.ts';

/**
 * Returns the options to drop, and warnings. Drops options that the command already contains, that apply to no stream of the output, or
 * that stills always set themselves.
 */
export function droppedOptions(
  parsed: ParsedRequest,
  job: { kind: string; still: boolean; moved: boolean; handled: readonly string[] },
): { handled: Set<string>; warnings: PlanWarning[] } {
  const handled = new Set([
    'map',
    'c',
    't',
    'to',
    'f',
    'sn',
    'dn',
    'vn',
    'an',
    'map_metadata',
    'map_chapters',
    ...job.handled,
  ]);
  if (job.moved) handled.add('ss');
  const set = parsed.inputs.flat().filter(({ row }) => row.ignored);
  const warnings = set.map(({ field, name }): PlanWarning => ({ field, message: ignoredMessage(name) }));
  for (const option of parsed.output) {
    const { name, row, field } = option;
    const only = row.specifiers.length === 1 ? row.specifiers[0] : option.specifier.charAt(0);
    const foreign = (job.kind === 'audio' && only === 'v') || (job.kind === 'image' && only === 'a');
    if (row.ignored) warnings.push({ field, message: ignoredMessage(name) });
    else if (foreign) {
      if (row.specifiers.length === 1) handled.add(name);
      warnings.push({ field, message: `-${name} does not apply to this output format and was ignored.` });
    } else if (name === 'enc_time_base' && handled.has(name)) {
      warnings.push({ field, message: '-enc_time_base was ignored, because the output has a constant frame rate.' });
    } else if (job.still && name === 'frames' && Number(option.value) !== 1) {
      handled.add(name);
      warnings.push({ field, message: 'This output format contains only one picture; -frames was ignored.' });
    } else if (name === 'loop' && job.kind !== 'image') {
      handled.add(name);
      warnings.push({
        field,
        message: '-loop belongs to a picture input, or to a gif or webp output, and was ignored.',
      });
    }
  }
  return { handled, warnings };
}

const ignoredMessage = (name: string) => `-${name} is set by the server and was ignored.`;

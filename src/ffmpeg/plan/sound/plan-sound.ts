import type { OutputFormat } from '../../../contract/formats.ts';
import type { OptionSet } from '../../policy/options/option-set.ts';
import type { Track } from '../compose.ts';
import type { Selection } from '../plan-streams.ts';
import { delayFilter, mixFilters } from './sound-filters.ts';
import { type SoundRequest, soundSettings } from './sound-settings.ts';

export { steadyFilter } from './sound-filters.ts';

/**
 * Adds the planner's last filters to every audio stream of the output. Returns the arguments of the encoder, which the first stream
 * determines.
 */
export function finishSound(
  tracks: readonly Track[],
  job: Pick<SoundRequest, 'quality' | 'raw' | 'options'> & { encoder: string | null; format: OutputFormat },
): string[] {
  const { encoder, format, ...common } = job;
  if (encoder === null) return [];
  const sounds = tracks.filter(({ from }) => from.kind === 'a');
  const requests = sounds.map(({ from, drawn }): SoundRequest => {
    const source = 'stream' in from && from.kind === 'a' ? from.stream : null;
    return { ...common, encoder, source, isFiltered: drawn };
  });
  for (const [index, track] of sounds.entries()) {
    const request = requests[index]!;
    track.pieces.push(...[mixFilters(request), delayFilter(format, request)].filter((filter) => filter !== ''));
  }
  return requests[0] ? soundSettings(requests[0]) : [];
}

export function languageArgs(selection: Selection, options: OptionSet): string[] {
  const language = selection.audio?.stream.language;
  if (!language || selection.mapped || options.has('an')) return [];
  return ['-metadata:s:a:0', `language=${language}`];
}

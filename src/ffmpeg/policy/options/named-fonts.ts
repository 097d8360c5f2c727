import type { NamedFont } from '../../types.ts';
import type { CheckedFilter } from '../filters/types.ts';
import type { ParsedRequest, RequestGraph } from './parsed-request.ts';

/** Lists the font families that `drawtext` names, with their fields. A file (`fontfile`) takes precedence over a name. */
export function namedFonts(parsed: ParsedRequest): NamedFont[] {
  const steps = parsed.video.filter((step): step is { type: 'graph' } & RequestGraph => step.type === 'graph');
  const graphs: RequestGraph[] = parsed.graph ? [...steps, parsed.graph] : steps;
  return graphs.flatMap(({ graph, field }) =>
    graph.chains.flat().flatMap((filter) => {
      const name = fontOf(filter);
      return name === null ? [] : [{ field, name }];
    }),
  );
}

function fontOf({ spec, values }: CheckedFilter): string | null {
  const font = values.get('font');
  if (spec.name !== 'drawtext' || values.has('fontfile') || font?.type !== 'text') return null;
  return font.text;
}

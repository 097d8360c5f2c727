import { JobFailure } from '../../../contract/failures.ts';
import { MAX_SUBTITLE_BYTES } from '../../../contract/limits.ts';
import type { ParsedRequest } from '../../policy/options/parsed-request.ts';
import type { OutputContext, Producer } from '../producer.ts';

/** Number of files for subtitles: a playlist and a segment. */
const FILES = 2;

/** Adds the subtitles of the request to a ladder. No command reads these subtitles. Throws `JobFailure` if the subtitles are ASS. */
export function withSubtitles(
  producer: Producer,
  { subtitles, transcribes }: Pick<ParsedRequest, 'subtitles'> & { transcribes: boolean },
  { assets }: OutputContext,
): Producer {
  const { output } = producer;
  if ((subtitles === null && !transcribes) || !('tree' in output) || output.tree.make.kind !== 'ladder')
    return producer;
  // Only formats of plain text become WebVTT without a loss of meaning.
  if (subtitles !== null && assets?.[subtitles]?.demuxer === 'ass')
    throw new JobFailure('asset_invalid', 'The subtitles of the ladder are ASS; send SRT or WebVTT.');
  const { tree } = output;
  const bounds = { maxBytes: tree.maxBytes + MAX_SUBTITLE_BYTES, maxFiles: tree.maxFiles + FILES };
  const text = subtitles === null ? { transcribes } : { subtitles };
  return { ...producer, output: { ...output, tree: { ...tree, ...bounds, make: { ...output.tree.make, ...text } } } };
}

import { isTextFormat, TRANSCRIBED } from './formats.ts';
import { outputNames } from './output-names.ts';
import type { OutputBody } from './output-request.ts';
import type { CreateBody } from './transcodes.ts';

/**
 * Moves the captions to the end of `outputs`, so that the other outputs have the positions that the planner uses. `order` contains the
 * position of each output in the request. It is empty if the request has no captions.
 */
export function captionsLast<Body extends Pick<CreateBody, 'outputs'>>(body: Body): { body: Body; order: number[] } {
  const entries = [...(body.outputs ?? []).entries()];
  const isText = ([, { outputFormat }]: (typeof entries)[number]) => isTextFormat(outputFormat);
  const sorted = [...entries.filter((entry) => !isText(entry)), ...entries.filter(isText)];
  if (!body.outputs?.some(({ outputFormat }) => isTextFormat(outputFormat))) return { body, order: [] };
  const names = outputNames(body.outputs);
  const outputs = sorted.map(([index, output]) => ({ ...output, name: names[index]! }));
  return { body: { ...body, outputs }, order: sorted.map(([index]) => index) };
}

/** Whether a server needs a speech model for these outputs. */
export function needsSpeech(outputs: readonly Pick<OutputBody, 'outputFormat' | 'subtitles'>[]): boolean {
  return outputs.some(({ outputFormat, subtitles }) => isTextFormat(outputFormat) || subtitles === TRANSCRIBED);
}

import { isLadderFormat, isTextFormat, isTileFormat } from './formats.ts';
import type { OutputBody } from './output-request.ts';
import type { OUTPUT_ROLES } from './outputs.ts';
import { PICTURE_FIELDS } from './picture-outputs.ts';

/** Derives the role of an output from its request. */
export function outputRole(output: Partial<OutputBody>): (typeof OUTPUT_ROLES)[number] {
  if (isTileFormat(output.outputFormat)) return output.outputFormat;
  if (isLadderFormat(output.outputFormat)) return 'ladder';
  if (isTextFormat(output.outputFormat)) return 'text';
  return PICTURE_FIELDS.find((field) => output[field] !== undefined) ?? 'media';
}

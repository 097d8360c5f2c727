import { PICTURE_FIELDS, PICTURE_FORMATS } from '../../../contract/picture-outputs.ts';
import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import type { Rejection } from '../../types.ts';

/** Fields that an output with a picture cannot have, because Airlock chooses the filters and encoder settings of such an output. */
const OTHERS = ['preset', 'options', 'filters', 'bitrate'] as const;

/**
 * Rejects `still`, `preview` and `waveform` in formats that cannot contain them. Also rejects these outputs, thumbnails and sprites
 * together with other settings.
 */
export function checkPicture(request: TranscodeRequest, prefix: string): Rejection[] {
  const { tiles } = request;
  const fields = PICTURE_FIELDS.filter((field) => request[field] !== undefined);
  const name = tiles?.format ?? fields[0];
  if (name === undefined) return [];
  const reject = (field: string, reason: string, suggestion: string): Rejection => ({
    ...{ field: `${prefix}${field}`, option: name, reason, suggestion },
  });
  const others = OTHERS.filter((field) => isSet(request[field]));
  const hasInputOptions = request.inputs.some(({ options }) => isSet(options));
  const formats = tiles ? null : PICTURE_FORMATS[fields[0]!];
  const found = (tiles ? fields : fields.slice(1)).map((field) =>
    reject(field, `An output cannot have both ${name} and ${field}.`, 'Use an output for each.'),
  );
  if (formats && !formats.includes(request.outputFormat)) {
    const reason = `A ${request.outputFormat} cannot contain a ${name}.`;
    found.push(reject(name, reason, `Set the format to ${orList(formats)}.`));
  }
  found.push(...others.map((field) => reject(field, `${name} cannot be combined with ${field}.`, `Omit ${field}.`)));
  if (hasInputOptions) {
    const field = tiles ? 'outputFormat' : name;
    const reason = `${name} cannot be combined with options of the inputs.`;
    found.push(reject(field, reason, 'Send it as a job of its own.'));
  }
  return found;
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

/** Joins words as in `a, b or c`. */
function orList(words: readonly string[]): string {
  const last = words.at(-1)!;
  return words.length === 1 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

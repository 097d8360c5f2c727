import { MAX_PARTS } from '../../storage/s3/checks.ts';
import type { Context } from '../context.ts';
import { sendXml } from '../respond.ts';
import { parameter } from '../target.ts';
import { document, element } from '../xml.ts';
import { numberIn, requireInternalRole, uploadOf } from './begin.ts';
import type { PartFile } from './part-files.ts';

const PAGE = 1000;

/** GET `?uploadId`: lists the stored parts by number, at most 1,000 after `part-number-marker`. */
export async function listParts(context: Context): Promise<void> {
  const { response, target, uploads, bucket } = context;
  requireInternalRole(context);
  const upload = uploadOf(context);
  const has = (name: string) => parameter(target, name) !== null;
  const limit = has('max-parts') ? Math.min(PAGE, numberIn(target, 'max-parts', 1, MAX_PARTS)) : PAGE;
  const after = has('part-number-marker') ? numberIn(target, 'part-number-marker', 0, MAX_PARTS) : 0;
  const rest = (await uploads.parts(upload)).filter(({ number }) => number > after);
  const parts = rest.slice(0, limit);
  const body = [
    element('Bucket', bucket),
    element('Key', upload.key),
    element('UploadId', upload.id),
    element('PartNumberMarker', after),
    element('NextPartNumberMarker', parts.at(-1)?.number ?? 0),
    element('MaxParts', limit),
    element('IsTruncated', rest.length > limit),
    ...parts.map(describe),
  ];
  sendXml(response, 200, document('ListPartsResult', body.join('')));
}

function describe({ number, size, version, etag }: PartFile): string {
  const fields = [
    element('PartNumber', number),
    element('LastModified', new Date(Math.floor(version / 1000)).toISOString()),
    element('ETag', etag),
    element('Size', size),
  ];
  return `<Part>${fields.join('')}</Part>`;
}

import { arrow, box, label, line, svg } from './svg.ts';

const COLUMNS = { client: 115, api: 355, storage: 595, worker: 835 } as const;
type Column = keyof typeof COLUMNS;

/** Messages of an upload, from top to bottom: sender, receiver and content. */
const STEPS: readonly (readonly [Column, Column, string])[] = [
  ['client', 'api', 'POST /v1/upload/presigned-url'],
  ['api', 'client', 'uploadUrl, valid for 15 minutes'],
  ['client', 'storage', 'PUT uploadUrl: the bytes'],
  ['client', 'api', 'POST /v1/upload/confirm'],
  ['api', 'storage', 'moves them to a key without URL'],
  ['api', 'worker', 'an inspection, as a job'],
  ['storage', 'worker', 'the bytes'],
  ['worker', 'api', 'duration, codecs, sizes'],
  ['api', 'client', 'fileUrl, with the properties'],
  ['client', 'api', 'POST /v1/transcodes with fileUrl'],
];
/** Pixels between two columns. */
const GAP = 240;
const TOP = 130;
const STEP = 44;

/** Returns a picture for docs/concepts.md and docs/security-overview.md: an upload from its URL to its job. */
export function uploadFlowPicture(): string {
  const bottom = TOP + STEPS.length * STEP;
  return svg({
    title: 'An upload',
    description:
      'The client asks the API for an upload URL, sends the bytes to storage, and confirms. The API moves the bytes to a key that no signed URL names. A worker inspects them. The client gets a fileUrl, with which it creates jobs.',
    width: 960,
    height: bottom + 20,
    parts: [
      ...Object.values(COLUMNS).map((x) => line(`M${x} 94V${bottom}`)),
      box('outside', [30, 30, 170, 64], 'Client', 'has a key'),
      box('box', [270, 30, 170, 64], 'API', 'sees no media'),
      box('box', [510, 30, 170, 64], 'Storage', 'stores, parses nothing'),
      box('box', [750, 30, 180, 64], 'Worker', 'inspects, safely'),
      ...STEPS.flatMap(([from, to, message], index) => {
        const y = TOP + index * STEP;
        const [start, end] = [COLUMNS[from], COLUMNS[to]];
        return [
          arrow(`M${start} ${y}H${end + Math.sign(start - end) * 2}`),
          label([start + (Math.sign(end - start) * GAP) / 2, y - 8], message, 'middle'),
        ];
      }),
    ],
  });
}

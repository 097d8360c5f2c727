import { arrow, box, label, svg } from './svg.ts';

/**
 * Returns a picture for docs/security-overview.md: the data that enters Airlock, the processes that handle the data, and the data that is
 * stored, with its retention.
 */
export function dataFlowPicture(): string {
  return svg({
    title: 'Data flow and trust',
    description:
      'Requests go to the API, which validates them and stores names and URLs sealed in PostgreSQL. Uploads go directly to storage. A worker fetches public sources, reads each file in memory-safe code, and gives it to FFmpeg in a cell without network and secrets. The output is checked and stored, and is downloaded with a signed URL. Media is deleted after 24 hours, rows after 30 days.',
    width: 960,
    height: 590,
    parts: [
      box('outside', [30, 30, 190, 76], 'Requests', 'JSON, with a key'),
      box('outside', [30, 200, 190, 76], 'Uploads', 'bytes, untrusted'),
      box('outside', [30, 370, 190, 76], 'Source URLs', 'bytes, untrusted'),
      box('outside', [30, 484, 190, 76], 'Downloads', 'links for 10 minutes'),
      box('box', [330, 30, 250, 96], 'API', 'schemas, policy, limits', 'starts no program, reads no media'),
      box('box', [690, 30, 240, 96], 'PostgreSQL', 'names, URLs, options: sealed', 'rows of jobs: 30 days'),
      box('box', [330, 190, 250, 96], 'Storage', 'uploads and outputs: 24 hours', 'keys are random ids'),
      box('frame', [314, 322, 632, 238], 'Worker'),
      box('box', [330, 360, 250, 76], 'Fetcher', 'public addresses only'),
      box('box', [330, 466, 250, 76], 'Sanitizer', 'memory-safe, in a thread'),
      box(
        'cell',
        [690, 434, 240, 108],
        'Cell',
        'FFmpeg: assumed compromised',
        'no network, no secrets,',
        'no file but this job’s',
      ),
      box('box', [690, 344, 240, 64], 'Check of the output', 'memory-safe, or another cell'),
      arrow('M220 68H328'),
      label([274, 58], 'HTTPS', 'middle'),
      arrow('M580 78H688'),
      arrow('M220 238H328'),
      label([274, 228], 'signed URL', 'middle'),
      arrow('M220 400H328'),
      arrow('M455 286V320'),
      arrow('M455 436V464'),
      arrow('M580 504H688'),
      label([634, 494], 'remuxed', 'middle'),
      arrow('M810 434V410'),
      arrow('M690 376H634V238H582'),
      label([644, 300], 'output'),
      arrow('M328 262H262V522H222'),
    ],
  });
}

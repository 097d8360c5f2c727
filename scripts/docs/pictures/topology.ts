import { arrow, box, label, svg } from './svg.ts';

/** Returns a picture for docs/deploy/production.md: three machines, a database and a bucket. */
export function topologyPicture(): string {
  return svg({
    title: 'Airlock in production',
    description:
      'Clients reach nginx or Caddy on the machine of the API over HTTPS, and the bucket with signed URLs. API and workers use PostgreSQL over TLS. Each worker runs FFmpeg in cells, and exchanges media with the bucket. Workers need no incoming connection.',
    width: 960,
    height: 560,
    parts: [
      box('outside', [30, 66, 190, 96], 'Clients', 'browsers, programs,', 'dashboard, n8n'),
      box('frame', [320, 30, 320, 152], 'Machine api'),
      box('box', [336, 66, 138, 96], 'nginx', 'or Caddy', 'port 443, TLS'),
      box('box', [500, 66, 126, 96], 'API', 'with dashboard', 'on loopback'),
      box('frame', [730, 30, 200, 152], 'Machine db'),
      box('box', [746, 66, 168, 96], 'PostgreSQL', 'jobs, accounts,', 'events'),
      box('box', [30, 300, 190, 114], 'Bucket', 'S3 storage', 'uploads, outputs'),
      box('frame', [320, 232, 320, 136], 'Machine worker-1'),
      box('box', [336, 268, 138, 84], 'Worker', 'sanitizer, fetcher'),
      box('cell', [500, 268, 126, 84], 'Cells', 'FFmpeg'),
      box('frame', [320, 394, 320, 136], 'Machine worker-2'),
      box('box', [336, 430, 138, 84], 'Worker', 'sanitizer, fetcher'),
      box('cell', [500, 430, 126, 84], 'Cells', 'FFmpeg'),
      box('outside', [730, 434, 200, 76], 'Public sources', 'https:// inputs'),
      arrow('M220 114H334'),
      label([270, 104], 'HTTPS', 'middle'),
      arrow('M474 114H498'),
      arrow('M626 114H744'),
      label([686, 104], 'TLS', 'middle'),
      arrow('M125 162V298'),
      label([135, 235], 'signed URLs'),
      arrow('M336 330H222'),
      label([278, 320], 'media', 'middle'),
      arrow('M336 472H270V385H222'),
      arrow('M474 310H498'),
      arrow('M474 472H498'),
      arrow('M640 300H800V164'),
      label([720, 290], 'TLS', 'middle'),
      arrow('M640 412H850V164'),
      arrow('M640 472H728'),
      label([685, 462], 'fetcher', 'middle'),
    ],
  });
}

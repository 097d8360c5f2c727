import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inParallel, toDiskInSteps } from '../lib/client.ts';
import { sourceTiny, sourceVp9 } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';
import { openPeer, type V1Client } from '../lib/v1-client.ts';

const REQUEST = { outputFormat: 'mp4', options: [{ option: '-preset', argument: 'medium' }] };
const [JOBS, WIDTH] = [40, 4];

/**
 * Measures how long a client waits, including upload and download, for this service and for another service. The two services alternate.
 */
export async function peer({ pairs, peer, progress }: CaseOptions): Promise<CaseResult> {
  const [tiny, vp9] = [await sourceTiny(), await sourceVp9(progress)];
  const other = openPeer(peer!, process.env.AIRLOCK_BENCH_PEER_KEY ?? '');
  const bench = await openBench();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const one = (file: string) => (client: V1Client) => toDiskInSteps(client, file, REQUEST, join(folder, 'one.mp4'));
  const works: Record<string, (client: V1Client) => Promise<unknown>> = {
    '1.5 s clip, to disk': one(tiny.path),
    '20 s of 720p VP9, to disk': one(vp9.path),
    [`${JOBS} tiny jobs, ${WIDTH} at once`]: (client) => {
      const names = Array.from({ length: JOBS }, (_, job) => join(folder, `${job}.mp4`));
      const tasks = names.map((name) => () => toDiskInSteps(client, tiny.path, REQUEST, name));
      return inParallel(tasks, WIDTH);
    },
  };
  try {
    const rows = [];
    const raw: Record<string, unknown> = {};
    for (const [what, work] of Object.entries(works)) {
      const measured = [];
      for (let index = 0; index <= pairs; index += 1) {
        progress(`${what}: ${index === 0 ? 'warm-up' : `pair ${index} of ${pairs}`}`);
        const pair = { oursMs: await timed(() => work(bench)), peerMs: await timed(() => work(other)) };
        if (index > 0) measured.push(pair);
      }
      raw[what] = measured;
      const ratio = spread(measured.map(({ oursMs, peerMs }) => oursMs / peerMs));
      rows.push(bounded({ case: 'peer', what: `${what} / peer` }, { ...ratio, value: ratio.median }, null, '', 3));
    }
    return { rows, raw };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await bench.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

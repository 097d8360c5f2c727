import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Airlock } from '../../sdk/src/index.ts';
import { freePort } from '../../testkit/free-port.ts';
import { forFiles, source1080Large } from '../lib/media.ts';
import { runNaive } from '../lib/naive-service.ts';
import { openOrigin, openSink, openThrottledPort } from '../lib/origin.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';
import { fromFile } from './remote.ts';

/** Bandwidth of the link in bytes per second: 100 Mbit/s. */
const LINK = 12_500_000;
const option = (option: string, argument: string) => ({ option, argument });
const ENCODE = {
  outputFormat: 'mp4' as const,
  options: [option('-vf', 'scale=-2:480'), option('-preset', 'veryfast'), option('-c:a', 'copy')],
};

interface Pair {
  oursMs: number;
  plainMs: number;
  /** Milliseconds from the request that creates the job to its start. */
  startMs: number;
  attempts: number;
}

/**
 * Measures the time from a client's first byte to the output on its disk, over a link of 100 Mbit/s, compared with an upload over the same
 * link, plain `ffmpeg` with the same arguments, and a download, one after the other.
 */
export async function arriving(options: CaseOptions): Promise<CaseResult> {
  const source = await source1080Large(options.progress);
  const port = await freePort();
  const link = await openThrottledPort(port, LINK, { both: true });
  const [origin, sink] = [await openOrigin(source.path, LINK), await openSink(LINK)];
  const bench = await openBench({
    AIRLOCK_STORAGE_PORT: String(port),
    AIRLOCK_STORAGE_PUBLIC_URL: `http://127.0.0.1:${link.port}`,
  });
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  try {
    const measured: Pair[] = [];
    for (let index = 0; index <= options.pairs; index += 1) {
      options.progress(index === 0 ? 'warm-up' : `pair ${index} of ${options.pairs}`);
      const ours = await toDisk(bench, source.path, join(folder, 'ours.mp4'));
      const [input, output] = [join(folder, 'input'), join(folder, 'plain.mp4')];
      const args = forFiles(fromFile((await bench.ranAs(ours.id)).args), input, output);
      const plainMs = await runNaive({ source: origin.url, args, input, output, sink: sink.url });
      if (index > 0) measured.push({ ...ours, plainMs });
    }
    const ratio = spread(measured.map(({ oursMs, plainMs }) => oursMs / plainMs));
    const start = spread(measured.map(({ startMs }) => startMs));
    const row = (what: string) => ({ case: 'arriving', what });
    return {
      rows: [
        bounded(row('200 MB at 100 Mbit/s to 480p, to disk / plain'), { ...ratio, value: ratio.median }, 0.65, '', 3),
        bounded(row('the same, POST to the start of the job'), { ...start, value: start.median }, null, 'ms', 0),
      ],
      raw: { measured },
      notes: source.synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await bench.close();
    await Promise.all([origin.close(), sink.close(), link.close()]);
  }
}

async function toDisk({ service }: Bench, file: string, output: string) {
  const airlock = new Airlock({ url: service.api, key: service.key });
  const began = performance.now();
  const result = await airlock.transcode({ input: file, ...ENCODE });
  await result.save(output);
  const oursMs = performance.now() - began;
  const { id, attempts, created_at, started_at } = result.job;
  return { id, oursMs, attempts, startMs: Date.parse(started_at!) - Date.parse(created_at) };
}

import { source4k, sourceShort } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';

const POSTERS = 30;
/** The 4K job. It is slow on purpose, because it must run longer than all posters. */
const LARGE = { outputFormat: 'mp4', options: [{ option: '-preset', argument: 'slow' }] };

/** Measures a poster of an upload, from the POST to its end, on an idle machine and while a 4K job encodes. */
export async function beside({ progress }: CaseOptions): Promise<CaseResult> {
  const [short, large] = [await sourceShort(), await source4k(progress)];
  const bench = await openBench();
  try {
    const [url, largeUrl] = [await bench.upload(short.path), await bench.upload(large.path)];
    await posters(bench, url, 3);
    progress('posters on an idle machine');
    const idle = await posters(bench, url, POSTERS);
    const { id } = await bench.create({ inputs: [{ url: largeUrl }], ...LARGE });
    await untilEncoding(bench, id);
    progress('posters beside a 4K job');
    const busy = await posters(bench, url, POSTERS);
    const { json } = await bench.call('GET', `/v1/transcodes/${id}`);
    if (json.status !== 'processing') throw new Error('the 4K job ended before the posters did');
    await bench.call('PATCH', `/v1/transcodes/${id}/cancel`);
    const row = (what: string) => ({ case: 'beside', what: `poster of an upload, ${what}` });
    const p95 = (ms: readonly number[]) => percentile(ms, 0.95);
    const range = (ms: readonly number[]) => ({ min: Math.min(...ms), max: Math.max(...ms) });
    return {
      rows: [
        bounded(row('on an idle machine, p95'), { value: p95(idle), ...range(idle) }, null, 'ms', 0),
        bounded(row('while a 4K job encodes, p95'), { value: p95(busy), ...range(busy) }, null, 'ms', 0),
        bounded(row('while a 4K job encodes / idle, p95'), { value: p95(busy) / p95(idle) }, 3, '', 2),
      ],
      raw: { idle, busy },
      notes: [...short.synthetic, ...large.synthetic].map((clip) => `test pattern instead of ${clip}: not installed`),
    };
  } finally {
    await bench.close();
  }
}

async function posters(bench: Bench, url: string, count: number): Promise<number[]> {
  const ms: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const began = performance.now();
    await bench.completed((await bench.create({ inputs: [{ url }], outputFormat: 'jpg' })).id);
    ms.push(performance.now() - began);
  }
  return ms;
}

async function untilEncoding(bench: Bench, id: string): Promise<void> {
  for (;;) {
    const { json } = await bench.call('GET', `/v1/transcodes/${id}`);
    if (json.progress > 0) return;
    if (json.completed_at) throw new Error(`the 4K job ended: ${json.error_message}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

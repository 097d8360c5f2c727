import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forFiles, source1080, sourceHour } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';

const option = (option: string, argument: string) => ({ option, argument });
const CUT = [option('-ss', '20'), option('-t', '10')];
const JOIN = `${['[0:v][0:a]', '[1:v][1:a]', '[2:v][2:a]'].join('')}concat=n=3:v=1:a=1[v][a]`;
const SMALL = [option('-vf', 'scale=-2:360'), option('-preset', 'veryfast')];

interface Edit {
  what: string;
  file: string;
  inputs: number;
  request: object;
}

/** Measures cuts and joins of a minute of 1080p, from the POST to the end, compared with plain `ffmpeg` with the same arguments. */
export async function edits(options: CaseOptions): Promise<CaseResult> {
  const { path: file, synthetic } = await source1080(options.progress);
  const mp4 = (what: string, inputs: number, request: object) => ({
    ...{ what, file, inputs },
    request: { outputFormat: 'mp4', ...request },
  });
  return measure('edits', synthetic, options, [
    mp4('10 s cut from 60 s of 1080p, copied', 1, { options: [...CUT, option('-c', 'copy')] }),
    mp4('the same, encoded to 360p', 1, { options: [...CUT, ...SMALL] }),
    mp4('three of them joined, first 5 s each, to 360p', 3, {
      filters: [{ filter: `${JOIN};[v]scale=-2:360[small]` }],
      options: [option('-map', '[small]'), option('-map', '[a]'), option('-preset', 'ultrafast'), option('-t', '15')],
    }),
  ]);
}

/** Measures a long job: the sound of an hour. The job reports progress all the time. */
export async function long(options: CaseOptions): Promise<CaseResult> {
  const { path: file, synthetic } = await sourceHour(options.progress);
  const request = { outputFormat: 'mp3' };
  return measure('long', synthetic, options, [{ what: 'sound of an hour as MP3', file, inputs: 1, request }]);
}

async function measure(
  name: string,
  synthetic: readonly string[],
  { pairs, progress }: CaseOptions,
  edits: readonly Edit[],
): Promise<CaseResult> {
  const bench = await openBench();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  try {
    const rows = [];
    const raw: Record<string, unknown> = {};
    for (const edit of edits) {
      const url = await bench.upload(edit.file);
      const measured = [];
      for (let index = 0; index <= pairs; index += 1) {
        progress(`${edit.what}: ${index === 0 ? 'warm-up' : `pair ${index} of ${pairs}`}`);
        const pair = await runPair(bench, url, edit, folder);
        if (index > 0) measured.push(pair);
      }
      raw[edit.what] = measured;
      const ratio = spread(measured.map(({ oursMs, plainMs }) => oursMs / plainMs));
      const above = spread(measured.map(({ oursMs, plainMs }) => oursMs - plainMs));
      const row = (what: string) => ({ case: name, what: `${edit.what}: POST to end ${what}` });
      rows.push(bounded(row('/ plain'), { ...ratio, value: ratio.median }, null, '', 3));
      rows.push(bounded(row('- plain'), { ...above, value: above.median }, null, 'ms', 0));
    }
    return { rows, raw, notes: synthetic.map((clip) => `test pattern instead of ${clip}: not installed`) };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await bench.close();
  }
}

async function runPair(bench: Bench, url: string, { file, inputs, request }: Edit, folder: string) {
  const began = performance.now();
  const { id } = await bench.create({ inputs: Array.from({ length: inputs }, () => ({ url })), ...request });
  const job = await bench.completed(id);
  const oursMs = performance.now() - began;
  const output = join(folder, `plain.${job.output_format}`);
  const plain = await runWell('ffmpeg', forFiles((await bench.ranAs(id)).args, file, output));
  return { oursMs, plainMs: plain.wallMs };
}

import { createReadStream, statSync } from 'node:fs';
import { get, request } from 'node:http';
import { sourceHalfGigabyte } from '../lib/media.ts';
import { memoryOf } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';

/** Number of rounds for each pair. With the default of five pairs, 10 GB are uploaded and as many bytes are downloaded. */
const ROUNDS = 4;
const SAMPLE_MS = 250;
const ROLES = ['api', 'gateway'];

type Samples = Record<string, number[]>;

/**
 * Measures the memory of API and gateway while files of half a gigabyte are uploaded, copied by a job, downloaded and erased, one after the
 * other. The first round is a warm-up.
 */
export async function passing({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const source = await sourceHalfGigabyte(progress);
  const { size } = statSync(source.path);
  const bench = await openBench();
  try {
    const rounds = ROUNDS * pairs;
    const bytes = { up: 0, down: 0 };
    const samples: Samples = Object.fromEntries(ROLES.map((role) => [role, []]));
    let began = 0;
    for (let round = 0; round <= rounds; round += 1) {
      progress(round === 0 ? 'warm-up' : `round ${round} of ${rounds}`);
      if (round === 1) began = performance.now();
      const sampling = setInterval(() => round > 0 && sample(bench, samples), SAMPLE_MS);
      const passed = await passOnce(bench, source.path, size).finally(() => clearInterval(sampling));
      if (round === 0) sample(bench, samples);
      else {
        bytes.up += passed.up;
        bytes.down += passed.down;
      }
    }
    const seconds = (performance.now() - began) / 1000;
    const row = (what: string) => ({ case: 'passing', what });
    return {
      rows: [
        bounded(row('uploaded, and as much downloaded'), { value: bytes.up / 1e9 }, null, 'GB'),
        bounded(row('a second, both together'), { value: (bytes.up + bytes.down) / 1e6 / seconds }, null, 'MB', 0),
        ...ROLES.map((role) => deviation(role, samples[role]!)),
      ],
      raw: { bytes, seconds, samples },
    };
  } finally {
    await bench.close();
  }
}

async function passOnce(bench: Bench, path: string, size: number): Promise<{ up: number; down: number }> {
  const { result } = well(
    await bench.call('POST', '/v1/upload/presigned-url', {
      ...{ filename: 'large.mp4', contentType: 'video/mp4', fileSize: size },
    }),
  );
  await put(result.uploadUrl, path, size);
  const confirmed = well(await bench.call('POST', '/v1/upload/confirm', { filename: result.filename, fileSize: size }));
  const copy = [{ option: '-c', argument: 'copy' }];
  const inputs = [{ url: confirmed.result.fileUrl }];
  const { id } = await bench.completed((await bench.create({ inputs, options: copy, outputFormat: 'mp4' })).id);
  const { url } = well(await bench.call('GET', `/v1/transcodes/${id}/download`));
  const down = await download(url);
  // This request erases the upload with the job, so that the disk contains the files of one round at a time.
  well(await bench.call('DELETE', `/v1/transcodes/${id}`));
  return { up: size, down };
}

function put(url: string, path: string, size: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'video/mp4', 'content-length': size };
    const sent = request(url, { method: 'PUT', headers, agent: false }, (response) => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`the storage returned ${response.statusCode}`)),
      );
    });
    sent.once('error', reject);
    createReadStream(path, { highWaterMark: 2 ** 20 })
      .once('error', reject)
      .pipe(sent);
  });
}

/** Downloads and discards all bytes. Resolves with their number. */
function download(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`the download returned ${response.statusCode}`));
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.once('error', reject);
      response.once('end', () => resolve(bytes));
    }).once('error', reject);
  });
}

function sample(bench: Bench, samples: Samples): void {
  for (const role of ROLES) {
    const [memory] = memoryOf(bench.service.pids(role));
    if (memory) samples[role]!.push(memory.rss);
  }
}

/** Returns a row with the largest difference from the memory at the end of the warm-up, in percent. */
function deviation(role: string, samples: number[]) {
  const [first, ...later] = samples as [number, ...number[]];
  const [min, max] = [Math.min(...later), Math.max(...later)];
  const share = (value: number) => ((value - first) / first) * 100;
  const what = `RSS of the ${role} (${first.toFixed(0)} MiB), largest change`;
  const value = Math.max(Math.abs(share(min)), Math.abs(share(max)));
  return bounded({ case: 'passing', what }, { value, min: share(min), max: share(max) }, 20, '%', 0);
}

function well({ status, json, text }: Awaited<ReturnType<Bench['call']>>) {
  if (status !== 200) throw new Error(`the API answered ${status}: ${text.slice(0, 300)}`);
  return json;
}

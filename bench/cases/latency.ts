import { source1080, sourceShort } from '../lib/media.ts';
import { pause } from '../lib/pause.ts';
import { runsBelow } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';

const ACCEPTED = 200;
const STARTED = 100;
const STARTED_COLD = 5;

const CONFIRMED = 15;

/** Returns the request of a still, which is the cheapest job that runs FFmpeg. */
const still = (url: string) => ({ inputs: [{ url }], outputFormat: 'jpg' });

/** Measures the latency of POST /v1/transcodes until the 201 response. Each job ends before the next job is sent. */
export async function accept(options: CaseOptions): Promise<CaseResult> {
  return withUpload(async (bench, url) => {
    const ms: number[] = [];
    for (let index = 0; index <= ACCEPTED; index += 1) {
      if (index % 20 === 0) options.progress(`accepting ${index} of ${ACCEPTED}`);
      await pause(options.gapMs);
      const began = performance.now();
      const { id } = await bench.create(still(url));
      if (index > 0) ms.push(performance.now() - began);
      await bench.completed(id);
    }
    return { rows: percentiles('accept', 'POST /v1/transcodes', ms, { p50: 6 }), raw: { ms } };
  });
}

/** Measures the latency of POST /v1/transcodes/validate for a typical request, and for a request with a graph of 1,500 characters. */
export async function validate(options: CaseOptions): Promise<CaseResult> {
  return withUpload(async (bench, url) => {
    const bodies = {
      'an overlay and a chain': {
        inputs: [{ url }],
        outputFormat: 'mp4',
        options: [
          { option: '-vf', argument: 'scale=640:-2,eq=contrast=1.1' },
          { option: '@text-overlay', argument: { text: 'Hello' } },
        ],
      },
      'a graph of 200 filters': {
        inputs: [{ url }],
        outputFormat: 'mp4',
        filters: [{ filter: `[0:v]${'hflip,'.repeat(199)}vflip[v]` }],
      },
    };
    const rows = [];
    const raw: Record<string, number[]> = {};
    for (const [what, body] of Object.entries(bodies)) {
      const ms: number[] = [];
      for (let index = 0; index <= ACCEPTED; index += 1) {
        if (index % 20 === 0) options.progress(`validating ${index} of ${ACCEPTED}`);
        const began = performance.now();
        const response = await bench.service.call('POST', '/v1/transcodes/validate', body);
        if (!response.json?.valid) throw new Error(`${what}: ${response.text.slice(0, 500)}`);
        if (index > 0) ms.push(performance.now() - began);
      }
      raw[what] = ms;
      rows.push(...percentiles('validate', `POST /v1/transcodes/validate, ${what}`, ms, { p50: 5 }));
    }
    return { rows, raw };
  });
}

/** Measures the latency of the confirm request for a large MP4, which a worker inspects. */
export async function confirm(options: CaseOptions): Promise<CaseResult> {
  const source = await source1080(options.progress);
  const bench = await openBench();
  try {
    const ms: number[] = [];
    for (let index = 0; index <= CONFIRMED; index += 1) {
      options.progress(`confirming ${index} of ${CONFIRMED}`);
      const sent = await bench.send(source.path);
      const began = performance.now();
      await bench.confirm(sent);
      if (index > 0) ms.push(performance.now() - began);
    }
    return { rows: percentiles('confirm', 'POST /v1/upload/confirm of 60 s of 1080p', ms, { p50: 40 }), raw: { ms } };
  } finally {
    await bench.close();
  }
}

/**
 * Measures the time from the acceptance to the start of a job on an empty queue: by the times in the row, and by the time at which FFmpeg
 * runs in its cell.
 */
export async function start(options: CaseOptions): Promise<CaseResult> {
  const count = options.cold ? STARTED_COLD : STARTED;
  return withUpload(async (bench, url) => {
    const [worker] = bench.service.pids('worker');
    const claimed: number[] = [];
    const running: number[] = [];
    for (let index = options.cold ? 1 : 0; index <= count; index += 1) {
      if (index % 20 === 0) options.progress(`starting ${index} of ${count}`);
      await pause(options.gapMs);
      // Polling begins with the POST, because a fast worker starts before the response arrives.
      const seen = whenRunning(worker!);
      const { id } = await bench.create(still(url));
      const job = await bench.completed(id);
      const at = await seen;
      if (index === 0) continue;
      const created = Date.parse(job.created_at);
      claimed.push(Date.parse(job.started_at!) - created);
      if (at !== null) running.push(at - created);
    }
    const rows = percentiles('start', 'created to started', claimed, { p50: 15 });
    if (running.length > count / 2) {
      rows.push(...percentiles('start', 'created to FFmpeg running in its cell', running, { p50: 15 }));
    }
    return { rows, raw: { claimed, running } };
  });
}

/**
 * Returns the time of day in milliseconds, accurate to about 1 ms, at which FFmpeg is first seen below the worker. Null if FFmpeg is not
 * seen within two seconds.
 */
async function whenRunning(worker: number): Promise<number | null> {
  const until = Date.now() + 2000;
  while (Date.now() < until) {
    if (runsBelow(worker, 'ffmpeg')) return Date.now();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return null;
}

async function withUpload(measure: (bench: Bench, url: string) => Promise<CaseResult>): Promise<CaseResult> {
  const source = await sourceShort();
  const bench = await openBench();
  try {
    return await measure(bench, await bench.upload(source.path));
  } finally {
    await bench.close();
  }
}

function percentiles(name: string, what: string, ms: number[], bounds: { p50?: number; p99?: number }) {
  const range = { min: Math.min(...ms), max: Math.max(...ms) };
  return [
    bounded(
      { case: name, what: `${what}, p50 of ${ms.length}` },
      { value: percentile(ms, 0.5), ...range },
      bounds.p50 ?? null,
      'ms',
    ),
    bounded({ case: name, what: `${what}, p99` }, { value: percentile(ms, 0.99) }, bounds.p99 ?? null, 'ms'),
  ];
}

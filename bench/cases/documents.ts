import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { call } from '../../testkit/service.ts';
import type { DocumentAttack } from '../lib/documents-process.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';

const ADDRESSES = [0, 1, 8] as const;
const CONNECTIONS = 16;
const WATCH_MS = 20_000;

const P99_MS = 100;

/** Strangers download the OpenAPI document without compression in loops. Measures their throughput, and the latency of another client. */
export async function documents({ progress }: CaseOptions): Promise<CaseResult> {
  const bench = await openBench();
  const strangers = fork(join(import.meta.dirname, '..', 'lib', 'documents-process.ts'));
  try {
    const { api, key } = bench.service;
    await fetch(`${api}/openapi.json`);
    const rows: CaseResult['rows'] = [];
    const raw: Record<string, unknown> = {};
    for (const addresses of ADDRESSES) {
      progress(`${addresses} addresses`);
      const attack: DocumentAttack = { url: `${api}/openapi.json`, addresses, connections: CONNECTIONS, ms: WATCH_MS };
      const got = once(strangers, 'message') as Promise<[{ bytes: number; rejected: number }]>;
      strangers.send(attack);
      const ms: number[] = [];
      for (const end = performance.now() + WATCH_MS; performance.now() < end; ) {
        const began = performance.now();
        const { status } = await call(`${api}/v1/transcodes?limit=5`, 'GET', key);
        if (status !== 200) throw new Error(`a list was rejected with ${status}`);
        ms.push(performance.now() - began);
        // Stay below the rate limit of a key.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const [{ bytes, rejected }] = await got;
      raw[addresses] = { bytes, rejected, ms };
      const row = (what: string) => ({ case: 'documents', what: `${addresses} addresses: ${what}` });
      const range = { min: Math.min(...ms), max: Math.max(...ms) };
      rows.push(
        bounded(row(`GET /v1/transcodes, median of ${ms.length}`), { value: percentile(ms, 0.5) }, null, 'ms'),
        bounded(row('GET /v1/transcodes, p99'), { value: percentile(ms, 0.99), ...range }, P99_MS, 'ms'),
        bounded(
          row(`sent in ${WATCH_MS / 1000} s (${rejected} requests rejected)`),
          { value: bytes / 1e6 },
          null,
          'MB',
          0,
        ),
      );
    }
    return { rows, raw };
  } finally {
    strangers.disconnect();
    await bench.close();
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestService } from '../service.ts';
import type { AuditCase, Figure } from './audit-case.ts';
import { openWorld, type World } from './world.ts';

export interface CaseResult {
  name: string;
  holds: boolean;
  seconds: number;
  figures: Figure[];
}

/** Runs the cases, `lanes` at a time, against a running service. */
export async function runCases(
  service: TestService,
  cases: readonly AuditCase[],
  lanes: number,
  onResult: (result: CaseResult) => void,
): Promise<CaseResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-audit-run-'));
  const world = openWorld(service, folder);
  const waiting = [...cases];
  const results: CaseResult[] = [];
  const runLane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const result = await runCase(world, next);
      results.push(result);
      onResult(result);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, runLane));
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
  return results;
}

async function runCase(world: World, { name, run }: AuditCase): Promise<CaseResult> {
  const start = performance.now();
  // A source that FFmpeg cannot make and a job that fails are results, so that the other cases still run.
  const figures = await run(world).catch((error: Error): Figure[] => [
    { name: 'an error', value: error.message.slice(0, 400), limit: 'none', holds: false },
  ]);
  const holds = figures.length > 0 && figures.every((figure) => figure.holds);
  return { name, holds, seconds: Number(((performance.now() - start) / 1000).toFixed(1)), figures };
}

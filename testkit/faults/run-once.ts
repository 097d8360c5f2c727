import { randomBytes } from 'node:crypto';
import { Client } from './client.ts';
import type { Lane } from './lane.ts';
import { type Baseline, checkRun } from './model.ts';
import type { Receiver } from './receiver.ts';
import type { Made, Scenario } from './scenarios.ts';
import type { Sources } from './sources.ts';
import { transientPaths } from './storage-check.ts';
import type { Injection, Outage, Target } from './targets.ts';

export interface RunResult {
  /** Operations of the run. */
  targets: Target[];
  isInjected: boolean;
  violations: string[];
  baseline: Baseline | null;
  ms: number;
}

export interface RunPlan {
  scenario: Scenario;
  /** The fault to inject; null for a run without faults. */
  plan: Injection | Outage | null;
  /** What a run without faults leaves; null if that is not known yet. */
  baseline: Baseline | null;
}

/** Begins the text of a violation if a response was not what a client may expect. */
export const CLIENT_FAILED = 'the client failed: ';

/** Runs a scenario once in a lane, with a new account, and checks what it leaves. Never rejects. */
export async function runOnce(
  lane: Lane,
  shared: { sources: Sources; receiver: Receiver },
  { scenario, plan, baseline }: RunPlan,
): Promise<RunResult> {
  const since = performance.now();
  const over = new AbortController();
  const { account, key } = await lane.makeAccount();
  const scene = {
    ...shared,
    client: new Client(lane, key, over.signal),
    marker: `m${randomBytes(12).toString('hex')}`,
  };
  const violations: string[] = [];
  let found: Baseline | null = null;
  let recording = { targets: [] as Target[], isInjected: false };
  try {
    const known = new Set(await transientPaths(lane));
    const given = await scenario.setUp(scene);
    lane.injector.arm(plan);
    const made: Made = { jobs: [], uploads: [], delivered: [], isErased: false, ...(await scenario.run(scene, given)) };
    recording = lane.injector.disarm();
    const checked = await checkRun({ lane, scene, account: account.id, made, known }, baseline);
    violations.push(...checked.violations);
    found = checked.baseline;
  } catch (error) {
    violations.push(`${CLIENT_FAILED}${(error as Error).message}`);
  } finally {
    recording = lane.injector.disarm();
    over.abort();
  }
  return { ...recording, violations, baseline: found, ms: performance.now() - since };
}

import { type Random, randomOf } from '../../testkit/random.ts';

/** One subject that is fuzzed: how it is opened, one case, and what must be true after all cases. */
export interface Campaign {
  /** Makes what all cases share; its seed-independent part must be the same each time. */
  open(): Promise<Fuzzer>;
  /** Default number of cases of a long run. */
  cases: number;
}

export interface Fuzzer {
  /** Runs one case; what must never be is returned, one sentence each. Throws only when the fuzzer itself is broken. */
  one(random: Random, index: number): Promise<string[]>;
  /** Faults that are visible when the last case has ended. */
  atEnd?(): Promise<string[]>;
  /** How the cases ended, to see that they were of every kind. */
  tally: Record<string, number>;
  close(): Promise<void>;
}

export interface CampaignReport {
  seed: number;
  cases: number;
  findings: { case: number | null; faults: string[] }[];
  tally: Record<string, number>;
  seconds: number;
}

export interface CampaignOptions {
  seed: number;
  cases: number;
  /** Runs this case alone. */
  only?: number | null;
  onCase?: (done: number, findings: number) => void;
  maxFindings?: number;
}

/** Every case has a seed of its own, so that one can be looked at alone. */
export async function runCampaign(campaign: Campaign, options: CampaignOptions): Promise<CampaignReport> {
  const { seed, cases, only = null, maxFindings = 50 } = options;
  const started = performance.now();
  const findings: CampaignReport['findings'] = [];
  const fuzzer = await campaign.open();
  let done = 0;
  try {
    const [first, last] = only === null ? [0, cases - 1] : [only, only];
    for (let index = first; index <= last && findings.length < maxFindings; index += 1) {
      const faults = await fuzzer.one(randomOf(seed * 1_000_003 + index), index);
      if (faults.length > 0) findings.push({ case: index, faults });
      done += 1;
      options.onCase?.(done, findings.length);
    }
    const faults = (await fuzzer.atEnd?.()) ?? [];
    if (faults.length > 0) findings.push({ case: null, faults });
  } finally {
    await fuzzer.close();
  }
  return { seed, cases: done, findings, tally: fuzzer.tally, seconds: (performance.now() - started) / 1000 };
}

export function count(tally: Record<string, number>, what: string): void {
  tally[what] = (tally[what] ?? 0) + 1;
}

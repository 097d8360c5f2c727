import { type Random, randomOf } from '../../testkit/random.ts';

/** One subject of fuzzing: how it is opened, and the default number of cases. */
export interface Campaign {
  /** Prepares what all cases share. The part that does not depend on the seed must be the same each time. */
  open(): Promise<Fuzzer>;
  /** Default number of cases of a long run. */
  cases: number;
}

export interface Fuzzer {
  /** Runs one case. Returns one sentence for each fault. Throws only if the fuzzer itself is broken. */
  one(random: Random, index: number): Promise<string[]>;
  /** Returns faults that are visible only after the last case has ended. */
  atEnd?(): Promise<string[]>;
  /** Number of cases by result. It shows whether the cases were of every kind. */
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
  /** Number of a single case to run, or null for all cases. */
  only?: number | null;
  onCase?: (done: number, findings: number) => void;
  maxFindings?: number;
}

/** Runs the cases of a campaign. Every case has its own seed, so that a case can be repeated alone. */
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

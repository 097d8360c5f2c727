import type { TranscodeRequest } from '../../src/contract/transcode-request.ts';
import { randomOf } from '../../testkit/random.ts';
import { anyRequest } from './requests.ts';
import { review } from './review.ts';
import { layerFaults } from './svg.ts';

export interface Finding {
  case: number;
  faults: string[];
  request: TranscodeRequest;
}

export interface Report {
  seed: number;
  cases: number;
  accepted: number;
  rejected: number;
  planned: number;
  layers: number;
  slowest: { parseMs: number; planMs: number };
  findings: Finding[];
  seconds: number;
}

export interface FuzzOptions {
  cases: number;
  seed: number;
  /** Called after each case with the number of completed cases. */
  onCase?: (done: number, findings: number) => void;
  /** Called with each request that was accepted and planned, for the comparison with FFmpeg. */
  onAccepted?: (request: TranscodeRequest) => void;
  maxFindings?: number;
}

/** Returns a case from its own seed, so that it can be repeated alone. */
export const caseOf = (seed: number, index: number): TranscodeRequest => anyRequest(randomOf(seed * 1_000_003 + index));

export function fuzz(options: FuzzOptions): Report {
  const { cases, seed, maxFindings = 200 } = options;
  const report: Report = {
    seed,
    cases: 0,
    accepted: 0,
    rejected: 0,
    planned: 0,
    layers: 0,
    slowest: { parseMs: 0, planMs: 0 },
    findings: [],
    seconds: 0,
  };
  const start = performance.now();
  for (let index = 0; index < cases && report.findings.length < maxFindings; index += 1) {
    const request = caseOf(seed, index);
    const reviewed = review(request);
    const faults = [...reviewed.faults];
    if (reviewed.accepted) {
      report.accepted += 1;
      const drawn = reviewed.parsed!.video.filter((step) => step.type !== 'graph').length;
      if (drawn > 0) faults.push(...layerFaults(reviewed.parsed!, request));
      report.layers += drawn;
      if (reviewed.args) options.onAccepted?.(request);
    } else report.rejected += 1;
    if (reviewed.args) report.planned += 1;
    report.slowest.parseMs = Math.max(report.slowest.parseMs, reviewed.parseMs);
    report.slowest.planMs = Math.max(report.slowest.planMs, reviewed.planMs);
    if (faults.length > 0) report.findings.push({ case: index, faults, request });
    report.cases += 1;
    options.onCase?.(report.cases, report.findings.length);
  }
  report.seconds = (performance.now() - start) / 1000;
  return report;
}

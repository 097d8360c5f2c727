import type { ParsedRequest, RequestGraph } from '../../policy/options/parsed-request.ts';
import type { MediaInfo } from '../../types.ts';
import { storedSize } from '../geometry.ts';
import { mainVideo } from '../streams.ts';
import { motionRate } from '../time/output-rate.ts';
import { estimateGraph, unknownFlow } from './estimate.ts';
import { type Flow, soundFlow } from './flow.ts';

export interface DrawnEstimate {
  /** Pixels of the short side after the caller's filters; null = unknown. */
  shortSide: number | null;
  /** CPU seconds of the filters for one second of media. */
  cpuPerSecond: number;
}

/** Estimates the result of the caller's filters from `infos` alone; null = there are no such filters. */
export function estimateDrawn(parsed: ParsedRequest, infos: readonly (MediaInfo | null)[]): DrawnEstimate | null {
  if (!parsed.graph && parsed.video.length === 0) return null;
  let cpuPerSecond = 0;
  const run = (request: RequestGraph, flows: readonly Flow[]): Flow[] => {
    const estimate = estimateGraph(request.graph, flows, null);
    cpuPerSecond += estimate.cpuPerSecond;
    return estimate.outputs;
  };
  let next = 0;
  const flows = (parsed.graph?.graph.inputs ?? []).map((pad): Flow => {
    if (pad.kind === 'a') return soundFlow(null);
    const number = pad.label === null ? next++ : Number.parseInt(pad.label, 10);
    return sourceFlow(infos[number] ?? null);
  });
  const made = parsed.graph ? run(parsed.graph, flows).filter((flow) => flow.kind === 'v') : [];
  let current = made[0] ?? sourceFlow(infos[0] ?? null);
  for (const step of parsed.video) if (step.type === 'graph') current = run(step, [current])[0] ?? current;
  const sides = [current, ...made.slice(1)].map((flow) => known(flow));
  return { shortSide: sides.includes(null) ? null : Math.max(...(sides as number[])), cpuPerSecond };
}

/** Returns the short side, or the known side as its upper bound; null = no side is known. */
function known(flow: Flow): number | null {
  const sides = [flow.width, flow.height].filter((side) => side > 0);
  return sides.length === 0 ? null : Math.min(...sides);
}

function sourceFlow(info: MediaInfo | null): Flow {
  const video = info ? mainVideo(info) : null;
  if (!video) return unknownFlow();
  return { kind: 'v', ...storedSize(video), certain: true, rate: motionRate(video), seconds: null };
}

import type {
  ContainerCopy,
  LayerRequest,
  Plan,
  PlanContext,
  PlannedOutput,
  PlanSource,
  PlanWarning,
} from '../types.ts';
import { argumentFault } from './arguments.ts';
import type { ExtraInputs } from './extra-inputs.ts';
import { globalArgs, type InputPlan, inputArgs } from './plan-args.ts';
import { resourcesFor, type Workload } from './resources.ts';

/** The facts that the planner of one output needs in addition to its request. */
export interface OutputContext extends PlanContext {
  /** Position of the output in the job. */
  position: number;
  /** Size and frame rate of a rung of a ladder; absent = the request decides. */
  rung?: { shortSide: number; frameRate: number };
  /** Whether the sound must start exactly at zero, as in a ladder. Absent = no. */
  fromZero?: boolean;
}

/** One output: its inputs, filters, encoders, file and cost. */
export interface Producer {
  inputs: readonly InputPlan[];
  /** Files that the filters name, and layers. They are numbered after the inputs of the job. */
  extra: ExtraInputs;
  /** Threads of decoders, filters and encoders; null = FFmpeg chooses. */
  threads: number | null;
  /** All arguments after the inputs: filters, streams, encoders, limits and the file. */
  args: readonly string[];
  output: PlannedOutput;
  /** Expected seconds of the output; null = unknown, or a still picture. */
  durationSeconds: number | null;
  /** One workload for each stream of video that the producer encodes, at least one. */
  works: readonly Workload[];
  source: PlanSource;
  layers: readonly LayerRequest[];
  /** See `Plan.keyTimes`. */
  keyTimes?: readonly number[];
  /** See `Plan.containerCopy`. */
  containerCopy?: ContainerCopy | null;
  warnings: readonly PlanWarning[];
}

/**
 * Groups producers into commands, in their order. Producers share a command, and so one decode, if all of them read the same inputs in the
 * same way and the command fits into the memory of a cell.
 */
export function groupProducers(producers: readonly Producer[], ctx: PlanContext): Producer[][] {
  const groups: Producer[][] = [];
  for (const producer of producers) {
    const group = groups.find((candidate) => mayShare(candidate, producer, ctx));
    if (group) group.push(producer);
    else groups.push([producer]);
  }
  return groups;
}

function mayShare(group: readonly Producer[], producer: Producer, ctx: PlanContext): boolean {
  if ([...group, producer].some(({ output }) => output.position === ctx.apart)) return false;
  if (![...group, producer].every(isShareable) || decodeKey(group[0]!) !== decodeKey(producer)) return false;
  const { args, memoryBytes } = planCommand([...group, producer], ctx);
  return memoryBytes <= (ctx.memoryBytes ?? Number.POSITIVE_INFINITY) && argumentFault(args) === null;
}

/**
 * Whether an output may share a command. A copy has no decode to share, and would wait for the encoders. Layers and files of filters are
 * numbered per command.
 */
function isShareable({ extra, output: { streams } }: Producer): boolean {
  return extra.count === 0 && (streams.video?.mode === 'encoded' || streams.audio?.mode === 'encoded');
}

function decodeKey({ inputs }: Producer): string {
  return JSON.stringify(inputs.map((input) => inputArgs(input, null)));
}

/** Plans one command that makes these outputs from one decode. */
export function planCommand(producers: readonly Producer[], ctx: PlanContext): Plan {
  const [first] = producers as readonly [Producer, ...Producer[]];
  const threads = mostThreads(producers);
  const seconds = producers.flatMap(({ durationSeconds }) => durationSeconds ?? []);
  const resources = resourcesFor(
    producers.flatMap(({ works }) => works),
    producers.reduce((sum, { output }) => sum + ('path' in output ? output.expect : output.tree).maxBytes, 0),
    ctx,
  );
  return {
    args: [
      ...globalArgs(threads),
      ...first.inputs.flatMap((input) => inputArgs(input, threads)),
      ...first.extra.args(threads),
      ...producers.flatMap(({ args }) => args),
    ],
    outputs: producers.map(({ output }) => output),
    durationSeconds: seconds.length === 0 ? null : Math.max(...seconds),
    ...resources,
    source: first.source,
    layers: producers.flatMap(({ layers }) => layers),
    warnings: producers.flatMap(({ warnings }) => warnings),
    ...keyTimesOf(producers),
    ...(producers.length === 1 && first.containerCopy && { containerCopy: first.containerCopy }),
  };
}

function keyTimesOf(producers: readonly Producer[]): Pick<Plan, 'keyTimes'> {
  const times = producers.map(({ keyTimes }) => keyTimes);
  if (times.includes(undefined)) return {};
  return { keyTimes: [...new Set(times.flatMap((list) => list ?? []))].sort((a, b) => a - b) };
}

function mostThreads(producers: readonly Producer[]): number | null {
  const counts = producers.map(({ threads }) => threads ?? Number.POSITIVE_INFINITY);
  const most = Math.max(...counts);
  return Number.isFinite(most) ? most : null;
}

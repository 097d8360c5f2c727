import { JobFailure } from '../../src/contract/failures.ts';
import type { TranscodeRequest } from '../../src/contract/transcode-request.ts';
import type { ParsedRequest, Rejection } from '../../src/ffmpeg/index.ts';
import { previewJob } from '../../src/ffmpeg/plan/preview.ts';
import { readGraph, serialiseGraph } from '../../src/ffmpeg/policy/filters/index.ts';
import type { CheckedGraph } from '../../src/ffmpeg/policy/filters/types.ts';
import { parseRequest } from '../../src/ffmpeg/policy/options/parse-request.ts';
import { argvFaults } from './argv.ts';
import { faultOf, measure } from './bounds.ts';

/** Maximum number of milliseconds for the response to one request. */
const MAX_MS = 50;
const LOOK_AGAIN_MS = 5;

export interface Review {
  /** Violations of the rules that must hold for every request; empty if there are none. */
  faults: string[];
  accepted: boolean;
  parsed: ParsedRequest | null;
  args: string[] | null;
  parseMs: number;
  planMs: number;
}

/** Reads and plans one request as the service does, and checks the rules that must hold for every request. */
export function review(request: TranscodeRequest): Review {
  const faults: string[] = [];
  const [parsed, parseMs] = timed('parse', () => parseRequest(request), faults);
  const reviewed: Review = { faults, accepted: false, parsed, args: null, parseMs, planMs: 0 };
  if (!parsed) return reviewed;
  for (const rejection of parsed.rejections) faults.push(...rejectionFaults(rejection, request));
  for (const { field, message } of parsed.warnings) if (!field || !message) faults.push('a warning says nothing');
  if (parsed.rejections.length > 0) return reviewed;
  reviewed.accepted = true;
  for (const graph of graphsOf(parsed)) faults.push(...canonFaults(graph));
  const [preview, planMs] = timed(
    'plan',
    () =>
      previewJob(
        request,
        request.inputs.map(() => null),
      ),
    faults,
  );
  reviewed.planMs = planMs;
  if (preview) {
    reviewed.args = preview.commands[0]!;
    faults.push(...argvFaults(reviewed.args));
  }
  return reviewed;
}

export function graphsOf(parsed: ParsedRequest): CheckedGraph[] {
  const steps = parsed.video.flatMap((step) => (step.type === 'graph' ? [step.graph] : []));
  return [...steps, ...parsed.audio.map(({ graph }) => graph), ...(parsed.graph ? [parsed.graph.graph] : [])];
}

/** Returns the result and the milliseconds, or null and 0 if the function throws. */
function timed<T>(what: string, run: () => T, faults: string[]): [T | null, number] {
  try {
    const { result, ms } = measure(run, LOOK_AGAIN_MS);
    if (ms > MAX_MS) faults.push(`${what} takes ${Math.round(ms)} ms`);
    return [result, ms];
  } catch (error) {
    // A plan may fail with a reason if the inputs lack what is requested.
    const output = error instanceof JobFailure && error.code !== 'internal' && error.message.length > 10;
    if (!output) faults.push(`${what} throws ${faultOf(error)}`);
    return [null, 0];
  }
}

const FIELD =
  /^(?:inputs\[(\d+)\](?:\.options\[(\d+)\])?|options\[(\d+)\]|filters\[(\d+)\]|filters|options|inputs)(?:\.[\w.[\]]+)?$/;

function rejectionFaults(rejection: Rejection, request: TranscodeRequest): string[] {
  const faults: string[] = [];
  const where = `${rejection.field} (${rejection.option})`;
  const positions = FIELD.exec(rejection.field);
  if (!positions) faults.push(`a rejection at no position of a request: ${rejection.field}`);
  for (const part of ['reason', 'suggestion'] as const) {
    const text = rejection[part];
    if (typeof text !== 'string' || text.trim().length < 6) faults.push(`${where}: ${part} says nothing: ${text}`);
    else if (/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]|\bundefined\b|\[object Object\]/.test(text))
      faults.push(`${where}: ${part} is not printable: ${JSON.stringify(text)}`);
    else if (text.length > 1500) faults.push(`${where}: ${part} is ${text.length} characters long`);
  }
  if (typeof rejection.option !== 'string' || rejection.option.length > 200) faults.push(`${where}: option too long`);
  const [input, ofInput, option, filter] =
    positions?.slice(1).map((text) => (text === undefined ? null : Number(text))) ?? [];
  const list = input != null ? request.inputs[input]?.options : request.options;
  const index = input != null ? ofInput : option;
  const target =
    filter != null ? request.filters?.[filter]?.filter : index != null ? list?.[index]?.argument : undefined;
  const exists =
    filter != null ? filter < (request.filters?.length ?? 0) : index == null || index < (list?.length ?? 0);
  if (!exists) faults.push(`${where}: there is no such place`);
  if (rejection.offset !== undefined) {
    const longest = typeof target === 'string' ? target.length : JSON.stringify(target ?? '').length;
    const isLocation = Number.isInteger(rejection.offset) && rejection.offset >= 0 && rejection.offset <= longest;
    if (!isLocation) faults.push(`${where}: offset ${rejection.offset} of ${longest}`);
  }
  return faults;
}

/** Expects that the canonical text of a graph is read as the same graph, and written as the same text. */
function canonFaults(graph: CheckedGraph): string[] {
  const asset = (index: number) => `input:${index}`;
  const inputs = graph.inputs.map(({ label }) => label);
  const outputs = graph.outputs.map(({ label }) => label);
  const text = serialiseGraph(graph, { asset, inputs, outputs });
  const again = readGraph(text);
  if (!again.ok) return [`our own text is rejected: ${text} → ${again.rejections[0]?.reason}`];
  const second = serialiseGraph(again.graph, { asset, inputs, outputs });
  return second === text ? [] : [`our own text changes: ${text} → ${second}`];
}

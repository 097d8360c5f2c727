import type { JobRequest, TranscodeRequest } from '../../../contract/transcode-request.ts';
import type { AssetRequest, PlanWarning, Rejection } from '../../types.ts';
import { parseOutputs, parseRequest } from './parse-request.ts';
import type { ParsedRequest } from './parsed-request.ts';

/** A parsed request for one or several outputs. Only a request without rejections may be planned. */
export interface ParsedJob {
  /** Each output as a separate request, in the order of the request. `parseRequest` has cached all of them. */
  outputs: readonly { request: TranscodeRequest; parsed: ParsedRequest }[];
  /** Files that the graphs and overlays of any output name. Every `ParsedRequest.assets` is this list. */
  assets: AssetRequest[];
  rejections: Rejection[];
  warnings: PlanWarning[];
}

const parsedJobs = new WeakMap<JobRequest, ParsedJob>();

/** Parses each output of a job under one budget. Like `parseRequest`, it parses the same object only once. */
export function parseJob(request: JobRequest): ParsedJob {
  const parsed = parsedJobs.get(request) ?? readJob(request);
  parsedJobs.set(request, parsed);
  return parsed;
}

function readJob(request: JobRequest): ParsedJob {
  const outputs = 'outputs' in request ? parseOutputs(request) : [{ request, parsed: parseRequest(request) }];
  return {
    outputs,
    assets: outputs[0]?.parsed.assets ?? [],
    // Each output checks the options of the inputs again, which repeats their rejections.
    rejections: distinct(outputs.flatMap(({ parsed }) => parsed.rejections)),
    warnings: distinct(outputs.flatMap(({ parsed }) => parsed.warnings)),
  };
}

/** Returns the list without repeated values, in the same order. */
function distinct<T extends object>(list: readonly T[]): T[] {
  return [...new Map(list.map((item) => [JSON.stringify(item), item])).values()];
}

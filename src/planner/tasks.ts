import { JobFailure } from '../contract/failures.ts';
import type { TranscodeRequest } from '../contract/transcode-request.ts';
import {
  type AssetRequest,
  type Judgement,
  judgeRequest,
  type LayerRequest,
  type MediaInfo,
  type NamedFont,
  namedFonts,
  type Plan,
  type PlanContext,
  type PlanInput,
  type PlanWarning,
  parseRequest,
  planTranscode,
  type Refusal,
} from '../media/index.ts';
import type { DrawnLayer } from '../text/index.ts';

/** What a worker needs of a request before it has the files. */
export interface Reading {
  refusals: Refusal[];
  assets: AssetRequest[];
  /** Of filters, which FFmpeg looks for itself; overlays are drawn by us. */
  fonts: NamedFont[];
}

/** What the planner can be asked, and what it answers. Plain data both: it crosses between threads. */
export interface Tasks {
  judge: { of: { request: TranscodeRequest; infos: readonly (MediaInfo | null)[] }; gives: Judgement };
  read: { of: { request: TranscodeRequest }; gives: Reading };
  plan: { of: { request: TranscodeRequest; inputs: readonly PlanInput[]; context: PlanContext }; gives: Plan };
  draw: { of: { layer: LayerRequest }; gives: DrawnLayer };
  fonts: { of: { fonts: readonly NamedFont[] }; gives: PlanWarning[] };
}

export type TaskName = keyof Tasks;
/** Tasks for which fonts are read. */
type FontTask = 'draw' | 'fonts';
export type TaskMessage = { [Name in TaskName]: { name: Name; of: Tasks[Name]['of'] } }[TaskName];
export type TaskAnswer = { result: unknown } | { failure: { code: JobFailure['code']; message: string } };

/** The tasks that need no fonts; they may run in any thread, the caller's included. Throws `JobFailure`. */
export const PURE_TASKS: { [Name in Exclude<TaskName, FontTask>]: (of: Tasks[Name]['of']) => Tasks[Name]['gives'] } = {
  judge: ({ request, infos }) => judgeRequest(request, infos),
  read: ({ request }) => {
    const parsed = parseRequest(request);
    return { refusals: parsed.refusals, assets: parsed.assets, fonts: namedFonts(parsed) };
  },
  plan: ({ request, inputs, context }) => planTranscode(request, inputs, context),
};

export function toAnswer(error: unknown): TaskAnswer {
  if (!(error instanceof JobFailure)) throw error;
  return { failure: { code: error.code, message: error.message } };
}

import { JobFailure } from '../../contract/failures.ts';
import type { JobRequest } from '../../contract/transcode-request.ts';
import {
  type AssetRequest,
  asksForCopy,
  type JobPlan,
  type LayerRequest,
  type MediaInfo,
  mayCopy,
  type NamedFont,
  namedFonts,
  type PlanContext,
  type PlanInput,
  type PlanWarning,
  parseJob,
  planJob,
  type Rejection,
  type Review,
  reviewRequest,
} from '../../ffmpeg/index.ts';
import type { DrawnLayer } from '../../text-render/index.ts';

/** The parts of a request that a worker needs before it has the files. */
export interface Reading {
  rejections: Rejection[];
  assets: AssetRequest[];
  /** Fonts that filters name. FFmpeg resolves these fonts itself. Airlock draws overlays and resolves the fonts of overlays. */
  fonts: NamedFont[];
  /** Whether streams may be copied, if their packets allow it. */
  mayCopy: boolean;
  /** Whether the request has a single output, which only copies streams. */
  asksForCopy: boolean;
}

/** Tasks of the planner. Inputs and results are plain data, because they are sent between threads. */
export interface Tasks {
  review: { input: { request: JobRequest; infos: readonly (MediaInfo | null)[] }; result: Review };
  read: { input: { request: JobRequest }; result: Reading };
  plan: { input: { request: JobRequest; inputs: readonly PlanInput[]; context: PlanContext }; result: JobPlan };
  draw: { input: { layer: LayerRequest }; result: DrawnLayer };
  fonts: { input: { fonts: readonly NamedFont[] }; result: PlanWarning[] };
}

export type TaskName = keyof Tasks;
/** Tasks that read fonts. */
type FontTask = 'draw' | 'fonts';
export type TaskMessage = { [Name in TaskName]: { name: Name; input: Tasks[Name]['input'] } }[TaskName];
export type TaskResult = { result: unknown } | { failure: { code: JobFailure['code']; message: string } };

/**
 * Tasks that need no fonts. They may run in any thread, including the caller's. A task throws `JobFailure` if the request cannot be
 * processed.
 */
export const PURE_TASKS: {
  [Name in Exclude<TaskName, FontTask>]: (input: Tasks[Name]['input']) => Tasks[Name]['result'];
} = {
  review: ({ request, infos }) => reviewRequest(request, infos),
  read: ({ request }) => {
    const { outputs, rejections, assets } = parseJob(request);
    return {
      rejections,
      assets,
      fonts: outputs.flatMap(({ parsed }) => namedFonts(parsed)),
      mayCopy: outputs.some(
        ({ parsed, request: { outputFormat, preview, ladder } }) =>
          !preview && !ladder && mayCopy(parsed, outputFormat),
      ),
      asksForCopy: outputs.length === 1 && outputs.every((output) => asksForCopy(output.parsed, output.request)),
    };
  },
  plan: ({ request, inputs, context }) => planJob(request, inputs, context),
};

export function toAnswer(error: unknown): TaskResult {
  if (!(error instanceof JobFailure)) throw error;
  return { failure: { code: error.code, message: error.message } };
}

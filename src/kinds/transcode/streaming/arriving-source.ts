import { type StageOptions, sourcePath, stageSource } from '../../../attempt/sources/stage-source.ts';
import { sourceRow } from '../../../jobs/rows.ts';
import { ArrivalState } from '../../../sanitizer/streaming/index.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import { subjectOf } from '../inputs.ts';

/** The only input of a job while it is fetched. */
export interface ArrivingSource {
  /** Host path of the file, which exists once `response` has resolved. */
  path: string;
  subject: string;
  state: ArrivalState;
  /** Declared size in bytes; null if the source declares none, or if the fetch has ended without a response. */
  response: Promise<number | null>;
  /** Resolves to the path when the complete file has been written. Rejects as `stageSource` does. */
  staged: Promise<string>;
  /** Resolves when this number of bytes has arrived, or when the fetch has ended. */
  reached(bytes: number): Promise<void>;
  /** Whether no more bytes will arrive: the fetch, or the arrival of the parts of an upload, has ended or failed. */
  hasEnded(): boolean;
  /** Stops the fetch, and resolves when it has stopped. */
  stop(): Promise<void>;
}

/** Receives the progress of a function that stages a source, and can stop it. */
export interface Arriving {
  signal: AbortSignal;
  arrival: NonNullable<StageOptions['arrival']>;
}

/** Fetches the only source of a job from its URL. */
export function fetchArriving(attempt: TranscodeAttempt): ArrivingSource {
  const { tools, run } = attempt;
  const { claim, folder, disk } = run;
  const input = claim.inputs[0]!;
  const subject = subjectOf(input);
  return arrivingSource(attempt, subject, sourcePath(folder, input.position), (arriving) =>
    stageSource(tools, sourceRow(claim.job, input), { folder, disk, subject, ...arriving }),
  );
}

/** Opens a source whose bytes `stage` writes to `path` while they arrive. */
export function arrivingSource(
  { run }: TranscodeAttempt,
  subject: string,
  path: string,
  stage: (arriving: Arriving) => Promise<string>,
): ArrivingSource {
  const state = new ArrivalState();
  const stopping = new AbortController();
  const reached = { bytes: 0, resolve: () => {} };
  let onResponse: (length: number | null) => void = () => {};
  const response = new Promise<number | null>((resolve) => {
    onResponse = resolve;
  });
  let ended = false;
  const staged = stage({
    signal: AbortSignal.any([run.signal, stopping.signal]),
    arrival: {
      onResponse,
      onBytes(bytes) {
        state.addArrived(bytes);
        if (state.arrived >= reached.bytes) reached.resolve();
      },
    },
  }).finally(() => {
    ended = true;
    onResponse(null);
    reached.resolve();
  });
  staged.then(
    () => state.endArrival(true),
    () => state.endArrival(false),
  );
  return {
    ...{ path, subject, state, staged, response },
    reached: (bytes) =>
      new Promise((resolve) => {
        Object.assign(reached, { bytes, resolve });
        if (ended || state.arrived >= bytes) resolve();
      }),
    hasEnded: () => ended,
    async stop() {
      stopping.abort();
      await staged.catch(() => {});
    },
  };
}

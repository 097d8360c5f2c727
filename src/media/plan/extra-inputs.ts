import { inputSecurityArgs } from '../probe/probe.ts';

export interface ExtraInput {
  /** Name inside the cell. */
  path: string;
  demuxer: string;
  /** The planner's options before it, such as `-loop 1`. */
  options?: readonly string[];
}

/** The `-i` that follow the job's own inputs: films and pictures that filters name, and layers that we draw. */
export class ExtraInputs {
  readonly #first: number;
  readonly #inputs: ExtraInput[] = [];

  /** `first` = how many inputs the job has. */
  constructor(first: number) {
    this.#first = first;
  }

  /** Answers the input's number, as in `[3:v]`. */
  add(input: ExtraInput): number {
    this.#inputs.push(input);
    return this.#first + this.#inputs.length - 1;
  }

  args(threads: number | null): string[] {
    return this.#inputs.flatMap(({ path, demuxer, options = [] }) => [
      ...options,
      ...(threads === null ? [] : ['-threads', String(threads)]),
      ...inputSecurityArgs(demuxer),
      '-i',
      path,
    ]);
  }
}

import { inputSecurityArgs } from '../probe/probe.ts';

export interface ExtraInput {
  /** Name inside the cell. */
  path: string;
  demuxer: string;
  /** The planner's options before the input, such as `-loop 1`. */
  options?: readonly string[];
}

/** Inputs that follow the inputs of the job: files that filters name, and drawn layers. */
export class ExtraInputs {
  readonly #first: number;
  readonly #inputs: ExtraInput[] = [];

  /** `first` = number of inputs of the job. */
  constructor(first: number) {
    this.#first = first;
  }

  /** Returns the input's number, as in `[3:v]`. */
  add(input: ExtraInput): number {
    this.#inputs.push(input);
    return this.#first + this.#inputs.length - 1;
  }

  get count(): number {
    return this.#inputs.length;
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

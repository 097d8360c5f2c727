import type { FailureCode } from '../contract/failures.ts';

/** The file must not be processed. The message continues "Input 1 …". */
export class Rejected extends Error {
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string) {
    super(message);
    this.name = 'Rejected';
    this.code = code;
  }
}

/** Remuxing would lose data, or the file has unsupported features, so the file is kept unchanged. Continues "The file …". */
export class NotRewritable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotRewritable';
  }
}

/** The file has no stream, or no stream with a sample. */
export class NoStreams extends NotRewritable {}

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

/** Remuxing would lose something, or the file has unsupported features: keep it as it is. Continues "The file …". */
export class NotRewritable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotRewritable';
  }
}

/** The file has no stream, or none with a sample. */
export class NoStreams extends NotRewritable {}

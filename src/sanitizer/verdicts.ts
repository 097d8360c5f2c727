import type { FailureCode } from '../contract/failures.ts';
import type { Truncation } from '../ffmpeg/index.ts';

/** Continues "Input 1 …". */
export const ENCRYPTED = 'is encrypted, and Airlock has no key. Send the file without encryption (DRM).';

/** Error for a file that must not be processed. The message continues "Input 1 …". */
export class Rejected extends Error {
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string) {
    super(message);
    this.name = 'Rejected';
    this.code = code;
  }
}

/**
 * Error for a file that is kept unchanged, because remuxing would lose data, or because the file has unsupported features. The message
 * continues "The file …".
 */
export class NotRewritable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotRewritable';
  }
}

/** Error for a file whose end is missing. */
export class Truncated extends NotRewritable {
  readonly truncation: Truncation;
  /** @param declaredSeconds see `Truncation` */
  constructor(message = 'is cut off: it declares more than it contains', declaredSeconds: number | null = null) {
    super(message);
    this.truncation = { declaredSeconds };
  }
}

/** Error for a file that has no stream, or no stream with a sample. */
export class NoStreams extends NotRewritable {}

/** Error for a stream with several sample descriptions. */
export class SeveralDescriptions extends NotRewritable {
  /** Whether the descriptions have different sizes. */
  readonly haveSizes: boolean;
  constructor(haveSizes: boolean) {
    super('has several sample descriptions');
    this.haveSizes = haveSizes;
  }
}

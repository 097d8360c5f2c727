/** Exit codes; those above 63 follow sysexits.h. */
export const EXIT = {
  ok: 0,
  /** The work failed: the job, a check, a request. */
  failed: 1,
  /** Invalid command line. */
  usage: 2,
  /** The service cannot be reached or does not start. */
  unavailable: 69,
  /** A setting or the sandbox is unsafe or wrong. */
  config: 78,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

/** An invalid command line; the message says how to correct it. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The configured server cannot be reached. */
export class UnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnavailableError';
  }
}

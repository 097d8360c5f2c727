/** Exit codes; those above 63 are of sysexits.h. */
export const EXIT = {
  ok: 0,
  /** The work failed: the job, a check, a request. */
  failed: 1,
  /** Wrong words on the command line. */
  usage: 2,
  /** The service cannot be reached or does not start. */
  unavailable: 69,
  /** A setting or the sandbox is unsafe or wrong. */
  config: 78,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

/** Wrong words on the command line; the message says the right ones. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The server that was named cannot be reached. */
export class UnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnavailableError';
  }
}

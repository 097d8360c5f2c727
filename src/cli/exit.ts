/** Exit codes. Codes above 63 follow sysexits.h. */
export const EXIT = {
  ok: 0,
  /** The work failed: a job, a check or a request. */
  failed: 1,
  /** Invalid command line. */
  usage: 2,
  /** The service cannot be reached, does not start, or does not support the command. */
  unavailable: 69,
  /** A setting is unsafe or invalid, or the sandbox is unsafe. */
  config: 78,
  /** The user pressed Ctrl-C. */
  interrupted: 130,
} as const;

/** Every exit code of `./airlock` with its meaning, including the codes of the script that installs and builds Airlock. */
export const EXIT_CODES: readonly (readonly [code: number, short: string, meaning: string])[] = [
  [EXIT.ok, 'done', 'The command succeeded'],
  [EXIT.failed, 'failed or rejected', 'A job, a check or a request failed or was rejected'],
  [EXIT.usage, 'wrong usage', 'The command line is wrong. For example, an option, a file or an ID does not exist'],
  [
    EXIT.unavailable,
    'unavailable',
    'The server does not respond, does not start, or does not support the command, or a package is missing',
  ],
  [70, 'cannot be built', 'Airlock could not be built from its sources. The command prints the end of the log'],
  [73, 'no data directory', 'The data directory could not be created'],
  [
    77,
    'not permitted',
    'This user is not permitted to install or build Airlock, or to open the folders that Airlock needs',
  ],
  [EXIT.config, 'unsafe or wrong settings', 'A setting is unsafe or invalid, or the sandbox is unsafe'],
  [EXIT.interrupted, 'interrupted', 'The command was interrupted with Ctrl-C'],
];

/** An invalid command line. The message contains the correction. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** No server runs, or the server cannot be reached or does not support the command. */
export class UnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnavailableError';
  }
}

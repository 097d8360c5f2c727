/** An error that an operator can fix. The message contains the reason and the remedy. */
export class SupervisorError extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string, options?: ErrorOptions) {
    super(`${reason}. ${remedy}`, options);
    this.name = 'SupervisorError';
    this.remedy = remedy;
  }
}

/** The error of a process that could not start, with the text that the process reported. */
export class StartFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.name = 'StartFailure';
    this.exitCode = exitCode;
  }
}

/** An error that an operator can fix: reason and remedy, one line each. */
export class SupervisorError extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string, options?: ErrorOptions) {
    super(`${reason}. ${remedy}`, options);
    this.name = 'SupervisorError';
    this.remedy = remedy;
  }
}

/** An error of a process that could not start, with the text that the process reported. */
export class StartFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.name = 'StartFailure';
    this.exitCode = exitCode;
  }
}

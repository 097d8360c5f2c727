/** An error that an operator can fix: reason and remedy, one line each. */
export class SupervisorError extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string, options?: ErrorOptions) {
    super(`${reason}. ${remedy}`, options);
    this.name = 'SupervisorError';
    this.remedy = remedy;
  }
}

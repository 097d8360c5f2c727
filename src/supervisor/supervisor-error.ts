/** Something that an operator can repair: the reason and the remedy, in one line each. */
export class SupervisorError extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string, options?: ErrorOptions) {
    super(`${reason}. ${remedy}`, options);
    this.name = 'SupervisorError';
    this.remedy = remedy;
  }
}

/**
 * Thrown if the sandbox does not work on this machine, or if a cell could not be created. The message contains the reason and the remedy.
 */
export class SandboxError extends Error {
  readonly reason: string;
  readonly remedy: string;

  constructor(reason: string, remedy: string, options?: ErrorOptions) {
    super(`Sandbox: ${reason}. ${remedy}.`, options);
    this.name = 'SandboxError';
    this.reason = reason;
    this.remedy = remedy;
  }
}

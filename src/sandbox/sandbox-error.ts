/** The sandbox cannot be built on this machine, or a cell could not be made: what is wrong, and the remedy. */
export class SandboxError extends Error {
  constructor(reason: string, remedy: string, options?: ErrorOptions) {
    super(`Sandbox: ${reason}. ${remedy}.`, options);
    this.name = 'SandboxError';
  }
}

/** Error of an invalid setting. The message is one line with the variable, the reason and the remedy. */
export class ConfigError extends Error {
  constructor(variable: string, reason: string, remedy: string) {
    super(`${variable}: ${reason}. ${remedy}`);
    this.name = 'ConfigError';
  }
}

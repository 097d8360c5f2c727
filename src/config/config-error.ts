/** An invalid setting. The message is one line with variable, reason and remedy. */
export class ConfigError extends Error {
  constructor(variable: string, reason: string, remedy: string) {
    super(`${variable}: ${reason}. ${remedy}`);
    this.name = 'ConfigError';
  }
}

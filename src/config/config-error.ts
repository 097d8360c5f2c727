/** A setting that cannot be used: names variable, reason and remedy in one line. */
export class ConfigError extends Error {
  constructor(variable: string, reason: string, remedy: string) {
    super(`${variable}: ${reason}. ${remedy}`);
    this.name = 'ConfigError';
  }
}

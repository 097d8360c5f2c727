/** Thrown if a speech model or its program could not be installed. The message contains the reason and the remedy. */
export class SpeechError extends Error {
  constructor(reason: string, remedy: string) {
    super(`${reason.charAt(0).toUpperCase()}${reason.slice(1)}. ${remedy}.`);
    this.name = 'SpeechError';
  }
}

/* When two builds behave alike. Pure. */

/** What a run has shown. */
export interface RunShown {
  /** How it ended: `exit 0`, `crash`. */
  end: string;
  stdout: string;
  /** SHA-256 of the file that it wrote; null if it writes none. */
  sha256: string | null;
  /** The first line of its messages. */
  message: string;
}

/** A difference in one sentence, or null. */
export function differenceOf(distribution: RunShown, own: RunShown): string | null {
  if (distribution.end !== own.end) return `ends with ${own.end} instead of ${distribution.end}: ${own.message}`;
  if (distribution.stdout !== own.stdout) return 'gives other frames or descriptions';
  if (distribution.sha256 !== own.sha256) return 'writes another file';
  return null;
}

/** The same without hashes, for runs that are not the same twice with the same build: the frames and their times stay. */
export function withoutHashes(shown: RunShown): RunShown {
  const stdout = shown.stdout.replace(/, *[0-9a-f]{32}$/gm, '');
  return { ...shown, stdout, sha256: shown.sha256 === null ? null : 'any' };
}

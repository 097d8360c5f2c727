import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

const MAXIMUM_LINE = 8192;

/** Calls `onLine` for each line. Splits lines that are too long, so that memory stays bounded. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    rest += decoder.write(chunk);
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      onLine(rest.slice(0, end));
      rest = rest.slice(end + 1);
    }
    while (rest.length > MAXIMUM_LINE) {
      onLine(rest.slice(0, MAXIMUM_LINE));
      rest = rest.slice(MAXIMUM_LINE);
    }
  });
  stream.on('end', () => {
    rest += decoder.end();
    if (rest) onLine(rest);
    rest = '';
  });
  // A pipe that breaks when its writer dies needs no handling, because the exit of the writer is reported.
  stream.on('error', () => undefined);
}

/** The last output lines of a process, for an error message about its exit. */
export class Tail {
  private lines: string[] = [];

  push(line: string): void {
    this.lines.push(line);
    if (this.lines.length > 20) this.lines.shift();
  }

  text(): string {
    return this.lines.join('\n').slice(-4000);
  }

  /**
   * Returns the last line that contains an error, or else the last line. Of a log entry, returns only the text. Returns an empty string if
   * there was no output.
   */
  lastWords(): string {
    const texts = this.lines.map(textOf).filter((text) => text !== '');
    return texts.findLast((text) => /error|fatal|fail|cannot/i.test(text)) ?? texts.at(-1) ?? '';
  }
}

/** Returns the text of a log entry: `{"level":"error","err":{"message":"no space"},"msg":"failed"}` → `failed: no space`. */
function textOf(line: string): string {
  if (!line.startsWith('{')) return line.trim();
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [msg, err?.message].filter(Boolean).join(': ');
  } catch {
    return line.trim();
  }
}

/**
 * Returns a function that makes at most `limit` of its calls per `windowMs` and skips the others. `onSkipped` receives the number of
 * skipped calls at the first call of a later window.
 */
export function rateLimited(
  limit: number,
  windowMs: number,
  onSkipped: (count: number) => void,
  now: () => number = () => performance.now(),
): (call: () => void) => void {
  let windowStart = now();
  let used = 0;
  let skipped = 0;
  return (call) => {
    if (now() - windowStart >= windowMs) {
      windowStart = now();
      used = 0;
      if (skipped > 0) onSkipped(skipped);
      skipped = 0;
    }
    if (used >= limit) {
      skipped += 1;
      return;
    }
    used += 1;
    call();
  };
}

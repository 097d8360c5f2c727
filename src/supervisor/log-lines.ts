import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

const MAXIMUM_LINE = 8192;

/** Calls `onLine` for each line; splits over-long lines, so that memory stays bounded. */
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
  // A pipe that breaks when its writer dies needs no handling: the exit is reported.
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

  /** The last line that reports an error, or else the last line. For a log entry, only its text. Empty without output. */
  lastWords(): string {
    const texts = this.lines.map(textOf).filter((text) => text !== '');
    return texts.findLast((text) => /error|fatal|fail|cannot/i.test(text)) ?? texts.at(-1) ?? '';
  }
}

/** `{"level":"error","err":{"message":"no space"},"msg":"failed"}` → `failed: no space` */
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
 * Allows at most `limit` calls per `windowMs`. `onSkipped` receives the number of skipped calls, at the first call of a
 * later window.
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

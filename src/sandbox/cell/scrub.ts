/**
 * Patterns of text that is removed from standard error. Standard error of a compromised FFmpeg is hostile: it must not be able to control a
 * terminal, or to hide or reorder log text.
 */
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Matches marks, embeddings, overrides and isolates of the bidirectional algorithm, line and paragraph separators, and the BOM. */
const BIDI = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Removes ANSI sequences, control bytes (except newline and tab) and bidi marks. A carriage return ends a line. */
export function scrubText(text: string): string {
  return text.replace(ANSI, '').replace(/\r\n?/g, '\n').replace(CONTROL, '').replace(BIDI, '');
}

/** Keeps the last `limit` bytes of a stream, and uses at most twice that memory. */
export class TailBuffer {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    // Joined only when the size has doubled or there are many chunks, so that the cost per byte stays constant.
    if (this.#bytes > 2 * this.#limit || this.#chunks.length > 1024) {
      const tail = Buffer.concat(this.#chunks).subarray(-this.#limit);
      this.#chunks = [Buffer.from(tail)];
      this.#bytes = tail.length;
    }
  }

  /** Returns the scrubbed text. Omits a character at the start that was cut in two. */
  text(): string {
    let bytes = Buffer.concat(this.#chunks).subarray(-this.#limit);
    let start = 0;
    while (start < 4 && start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start += 1;
    bytes = bytes.subarray(start);
    return scrubText(bytes.toString('utf8'));
  }
}

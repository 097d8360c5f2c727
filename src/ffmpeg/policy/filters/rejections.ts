import type { GraphRejection } from './types.ts';

const MOST = 20;

/** Collects the faults of a graph, up to a readable number. */
export class Rejections {
  readonly list: GraphRejection[] = [];

  add(offset: number, subject: string, reason: string, suggestion: string): void {
    if (!this.isFull) this.list.push({ offset, subject: printable(subject), reason, suggestion });
  }

  /** Whether the list is full, so that further faults are not reported. */
  get isFull(): boolean {
    return this.list.length >= MOST;
  }

  get isEmpty(): boolean {
    return this.list.length === 0;
  }
}

/** Returns a part of the caller's text that is safe in a message: short, without control characters and lone surrogates. */
export function printable(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return short.replace(/[\p{Cc}\p{Cs}\p{Cf}]/gu, '\ufffd');
}

import { MAX_BODY_DEPTH, MAX_BODY_VALUES } from '../contract/request-budget.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

export interface ShapeFault {
  field: 'body';
  reason: string;
  remedy: string;
}

/**
 * Returns a fault if a JSON text is too costly to parse, because it has too many values or levels. Otherwise returns null. Scans the bytes,
 * and does not check that the text is valid JSON.
 */
export function bodyShapeFault(body: Buffer): ShapeFault | null {
  let values = 1;
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === QUOTE) at = endOfText(body, at);
    else if (byte === COMMA) values++;
    else if (isOpening(byte)) {
      values++;
      if (++depth > MAX_BODY_DEPTH) {
        return fault(`is nested deeper than ${MAX_BODY_DEPTH} levels`, 'Send a flatter document');
      }
    } else if (isClosing(byte)) depth--;
    if (values > MAX_BODY_VALUES) {
      return fault(`contains more than ${MAX_BODY_VALUES} values`, 'Send fewer fields, list items and options');
    }
  }
  return null;
}

/**
 * Returns the index of the quote that ends the string that begins at `start`. Returns the length of the body if there is no such quote. A
 * quote after an odd number of backslashes is escaped.
 */
function endOfText(body: Buffer, start: number): number {
  for (let at = body.indexOf(QUOTE, start + 1); at >= 0; at = body.indexOf(QUOTE, at + 1)) {
    let before = at - 1;
    while (body[before] === BACKSLASH) before--;
    if ((at - before) % 2 === 1) return at;
  }
  return body.length;
}

/** Whether a byte is `[` or `{`. */
function isOpening(byte: number): boolean {
  return byte === 0x5b || byte === 0x7b;
}

/** Whether a byte is `]` or `}`. */
function isClosing(byte: number): boolean {
  return byte === 0x5d || byte === 0x7d;
}

function fault(reason: string, remedy: string): ShapeFault {
  return { field: 'body', reason, remedy };
}

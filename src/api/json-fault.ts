/** The position at which a text stops being valid JSON, and the reason. Lines and columns count from 1, the offset from 0. */
export interface JsonFault {
  offset: number;
  line: number;
  column: number;
  reason: string;
  remedy: string;
}

type Wrong = Pick<JsonFault, 'offset' | 'reason' | 'remedy'>;

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /(?:true|false|null)(?![\w$])/y;
// A control character ends this match, because JSON requires escapes for control characters.
const TEXT_PART = /[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Returns the first fault of a text that `JSON.parse` has rejected. Returns null if it finds none. The messages of `JSON.parse` differ
 * between releases of Node, and some have no position. Takes time in proportion to the text.
 */
export function findJsonFault(text: string): JsonFault | null {
  const wrong = new Reader(text.replace(/^\uFEFF/, ' ')).document();
  if (wrong === null) return null;
  const before = text.slice(0, wrong.offset);
  const line = before.split('\n').length;
  return { ...wrong, line, column: wrong.offset - before.lastIndexOf('\n') };
}

/** Reads without recursion: `#open` is the stack of the expected closing brackets. */
class Reader {
  readonly #text: string;
  #at = 0;
  readonly #open: ('}' | ']')[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  document(): Wrong | null {
    let wrong = this.#value();
    while (wrong === null && this.#open.length > 0) wrong = this.#next();
    if (wrong) return wrong;
    return this.#peek() === '' ? null : this.#wrong('follows the end of the document', 'Send one JSON value');
  }

  /** Reads the text after a value inside an object or a list. */
  #next(): Wrong | null {
    const close = this.#open.at(-1)!;
    const next = this.#peek();
    if (next === close) {
      this.#at++;
      this.#open.pop();
      return null;
    }
    if (next !== ',') return this.#wrong(`is where "," or "${close}" is expected`, 'Check commas and brackets');
    this.#at++;
    if (this.#peek() === close) return this.#wrong('follows a comma', 'Remove the comma before it');
    return close === '}' ? this.#member() : this.#value();
  }

  #member(): Wrong | null {
    if (this.#peek() !== '"') return this.#wrong('is where a name in double quotes is expected', QUOTES);
    const wrong = this.#string();
    if (wrong) return wrong;
    if (this.#peek() !== ':') return this.#wrong('is where ":" is expected', 'Write ":" after each name');
    this.#at++;
    return this.#value();
  }

  /** Reads a value, or the beginning of an object or a list up to its first value. */
  #value(): Wrong | null {
    for (;;) {
      const first = this.#peek();
      if (first === '"') return this.#string();
      if (first !== '{' && first !== '[') return this.#scalar();
      this.#at++;
      const close = first === '{' ? '}' : ']';
      if (this.#peek() === close) {
        this.#at++;
        return null;
      }
      this.#open.push(close);
      if (first === '{') return this.#member();
    }
  }

  #scalar(): Wrong | null {
    if (this.#skip(WORD) || this.#skip(NUMBER)) return null;
    return this.#wrong('is where a value is expected', QUOTES);
  }

  #string(): Wrong | null {
    const start = this.#at++;
    while (this.#skip(TEXT_PART));
    if (this.#text[this.#at] === '"') {
      this.#at++;
      return null;
    }
    if (this.#at >= this.#text.length) {
      return { offset: start, reason: 'a text has no closing quote', remedy: 'Close it with a double quote' };
    }
    return this.#wrong('is not allowed inside a text', 'Escape it as JSON requires');
  }

  /** Returns the next character that is not white space, or an empty text at the end. */
  #peek(): string {
    this.#skip(SPACE);
    return this.#text[this.#at] ?? '';
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += match.length;
    return match !== '';
  }

  #wrong(reason: string, remedy: string): Wrong {
    const found = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    if (this.#at >= this.#text.length) {
      return { offset: this.#at, reason: 'the document ends too early', remedy: 'Send the complete document' };
    }
    return { offset: this.#at, reason: `${JSON.stringify(found)} ${reason}`, remedy };
  }
}

const QUOTES = 'Write names and texts in double quotes';

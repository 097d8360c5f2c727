/** A message of PostgreSQL's protocol, version 3: a letter, the length of the rest as 32 bits, and the rest. */
export interface Frame {
  type: string;
  bytes: Buffer;
}

const HEADER = 5;

/** Splits a stream into messages. The first message of a client has no letter; its `type` is an empty text. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  #isFirst: boolean;

  constructor(side: 'client' | 'server') {
    this.#isFirst = side === 'client';
  }

  push(chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      const letter = this.#isFirst ? 0 : 1;
      if (this.#rest.length < at + HEADER) break;
      const end = at + letter + this.#rest.readUInt32BE(at + letter);
      if (this.#rest.length < end) break;
      const bytes = this.#rest.subarray(at, end);
      frames.push({ type: this.#isFirst ? '' : String.fromCharCode(bytes[0]!), bytes });
      this.#isFirst = false;
      at = end;
    }
    this.#rest = this.#rest.subarray(at);
    return frames;
  }
}

/** Stores the texts of the prepared statements and portals of one connection. */
export class StatementTexts {
  readonly #statements = new Map<string, string>();
  readonly #portals = new Map<string, string>();

  /** Returns the text of the statement that a message of the client executes; null for other messages. */
  textOf({ type, bytes }: Frame): string | null {
    const words = readTexts(bytes);
    if (type === 'Q') return words(1)[0]!;
    if (type === 'P') {
      const parsed = words(2);
      this.#statements.set(parsed[0]!, parsed[1]!);
    }
    if (type === 'B') {
      const bound = words(2);
      this.#portals.set(bound[0]!, this.#statements.get(bound[1]!) ?? '');
    }
    return type === 'E' ? (this.#portals.get(words(1)[0]!) ?? null) : null;
  }
}

/** Reads the texts at the start of a message, each of which ends with a zero. */
function readTexts(bytes: Buffer): (count: number) => string[] {
  return (count) => {
    let at = HEADER;
    return Array.from({ length: count }, () => {
      const end = bytes.indexOf(0, at);
      const text = bytes.toString('utf8', at, end);
      at = end + 1;
      return text;
    });
  };
}

/** One word of a command, without its quotes. */
export interface CommandToken {
  text: string;
  /** Characters from the start of the command to the word, including its quotes. */
  offset: number;
  /** Offset in the command of each character of `text`. */
  positions: readonly number[];
}

export interface TokenError {
  offset: number;
  message: string;
  suggestion: string;
}

export type TokenResult = { ok: true; tokens: CommandToken[] } | { ok: false; errors: TokenError[] };

const MAX_COMMAND = 20_000;
const MAX_TOKENS = 1000;

/** Characters that a shell interprets. Without a shell, a command that relies on these characters would have another meaning. */
const OPERATORS: Readonly<Record<string, string>> = {
  '|': 'A pipe to another program',
  '>': 'A redirection into a file',
  '<': 'A redirection from a file',
  '&': 'Another command',
  ';': 'Another command',
  '`': 'A command substitution',
  '#': 'A comment',
};

/**
 * Splits a command as a POSIX shell does: by single quotes, double quotes, backslashes, and lines that end in a backslash. Nothing is
 * expanded or run. Syntax that needs a shell is rejected. Never throws.
 */
export function tokenise(command: string): TokenResult {
  if (command.length > MAX_COMMAND) return failed(MAX_COMMAND, 'The command is too long.', 'Send a shorter command.');
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(command)) {
    const offset = command.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
    return failed(offset, 'The command contains a control character.', 'Leave it out.');
  }
  const tokens: CommandToken[] = [];
  const scanner = new Scanner(command);
  for (;;) {
    scanner.skipWhite();
    if (scanner.isAtEnd) return { ok: true, tokens };
    if (tokens.length >= MAX_TOKENS) return failed(scanner.at, `More than ${MAX_TOKENS} words.`, 'Send fewer.');
    const word = scanner.readWord();
    if ('message' in word) return { ok: false, errors: [word] };
    tokens.push(word);
  }
}

/** Quotes a word so that `tokenise` returns it unchanged. */
export function quote(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./{}[\]?*()!~^-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

class Scanner {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#text.length;
  }

  skipWhite(): void {
    for (;;) {
      const white = /^(?:[ \t\r\n]|\\\r?\n)+/.exec(this.#text.slice(this.at, this.at + 256));
      if (!white) return;
      this.at += white[0].length;
    }
  }

  readWord(): CommandToken | TokenError {
    const offset = this.at;
    const positions: number[] = [];
    let text = '';
    const take = (length = 1) => {
      text += this.#text.slice(this.at, this.at + length);
      for (let index = 0; index < length; index++) positions.push(this.at + index);
      this.at += length;
    };
    while (!this.isAtEnd) {
      const character = this.#text[this.at]!;
      if (/[ \t\r\n]/.test(character)) break;
      if (character === "'") {
        const end = this.#text.indexOf("'", this.at + 1);
        if (end < 0) return problem(this.at, "A quote (') is never closed.", 'Close it.');
        this.at++;
        take(end - this.at);
        this.at++;
      } else if (character === '"') {
        const wrong = this.#readDouble(take);
        if (wrong) return wrong;
      } else if (character === '\\') {
        const wrong = this.#readEscape(take);
        if (wrong) return wrong;
      } else {
        const wrong = this.#shellSyntax(character, this.at === offset);
        if (wrong) return wrong;
        take();
      }
    }
    return { text, offset, positions };
  }

  #readDouble(take: (length?: number) => void): TokenError | null {
    const start = this.at++;
    while (!this.isAtEnd) {
      const character = this.#text[this.at]!;
      if (character === '"') {
        this.at++;
        return null;
      }
      const next = this.#text[this.at + 1];
      if (character === '\\' && next !== undefined && '"\\$`\n'.includes(next)) {
        this.at++;
        if (next === '\n') this.at++;
        else take();
      } else if (character === '`' || (character === '$' && isExpansion(next))) {
        return this.#expansion(character);
      } else take();
    }
    return problem(start, 'A quote (") is never closed.', 'Close it.');
  }

  #readEscape(take: (length?: number) => void): TokenError | null {
    const line = /^\\\r?\n/.exec(this.#text.slice(this.at, this.at + 3));
    if (line) {
      this.at += line[0].length;
      return null;
    }
    if (this.at + 1 >= this.#text.length) return problem(this.at, 'The command ends in a backslash.', 'Leave it out.');
    this.at++;
    take();
    return null;
  }

  #shellSyntax(character: string, isFirst: boolean): TokenError | null {
    if (character === '$' && isExpansion(this.#text[this.at + 1])) return this.#expansion(character);
    if (character === '`') return this.#expansion(character);
    if (character === '#' && !isFirst) return null;
    const name = Object.hasOwn(OPERATORS, character) ? OPERATORS[character] : undefined;
    if (!name) return null;
    const advice = 'The command does not run in a shell; quote text that contains this character.';
    return problem(this.at, `${name} (${character}) is not allowed.`, advice);
  }

  #expansion(character: string): TokenError {
    const name = character === '`' ? OPERATORS['`'] : 'A shell expansion';
    return problem(
      this.at,
      `${name} (${character}) is not allowed.`,
      "Write the value itself; put text that contains this character in single quotes (').",
    );
  }
}

function isExpansion(next: string | undefined): boolean {
  return next !== undefined && /[A-Za-z0-9_({!@*#?$'"-]/.test(next) && next !== '"';
}

function problem(offset: number, message: string, suggestion: string): TokenError {
  return { offset, message, suggestion };
}

function failed(offset: number, message: string, suggestion: string): TokenResult {
  return { ok: false, errors: [problem(offset, message, suggestion)] };
}

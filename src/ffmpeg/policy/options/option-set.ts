import { rational } from './option-scalars.ts';
import type { ParsedOption } from './options.ts';

/** Access to a list of parsed options by name. As in FFmpeg, the last option of a name takes effect. */
export class OptionSet {
  readonly options: readonly ParsedOption[];

  constructor(options: readonly ParsedOption[]) {
    this.options = options;
  }

  /** Returns the value of the last option of that name that applies to a stream kind (`-c` and `-c:v` both apply to video). */
  value(name: string, kind: 'v' | 'a' | '' = ''): string | null {
    return this.#last(name, kind)?.value ?? null;
  }

  has(name: string, kind: 'v' | 'a' | '' = ''): boolean {
    return this.#last(name, kind) !== undefined;
  }

  /** Returns a numeric value, such as the seconds of `t`. */
  number(name: string, kind: 'v' | 'a' | '' = ''): number | null {
    const value = this.value(name, kind);
    return value === null ? null : Number(value);
  }

  /** Returns frames per second, read from `25` or `30000/1001`. */
  rate(name: string, kind: 'v' | 'a' | '' = ''): number | null {
    const value = this.value(name, kind);
    return value === null ? null : rational(value);
  }

  /** Returns the names of all options that apply to a stream kind. */
  stated(kind: 'v' | 'a'): Set<string> {
    return new Set(this.options.filter((option) => applies(option, kind)).map((option) => option.name));
  }

  /** Returns the duration that the options set, in seconds: `-t`, otherwise `-to` minus `-ss`. Null = until the end. */
  length(): number | null {
    const length = this.number('t');
    if (length !== null) return length;
    const stop = this.number('to');
    return stop === null ? null : stop - (this.number('ss') ?? 0);
  }

  #last(name: string, kind: 'v' | 'a' | ''): ParsedOption | undefined {
    return this.options.findLast((option) => option.name === name && (kind === '' || applies(option, kind)));
  }
}

function applies(option: ParsedOption, kind: 'v' | 'a'): boolean {
  if (option.specifier !== '') return option.specifier.startsWith(kind);
  const { specifiers } = option.row;
  return specifiers.length === 0 || (specifiers as readonly string[]).includes(kind);
}

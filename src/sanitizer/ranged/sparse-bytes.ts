import type { FileBytes } from '../file-bytes.ts';

/** A range of a file, `end` exclusive. */
export interface Range {
  start: number;
  end: number;
}

/** Error for bytes that are not in the file yet. The caller must fetch them and read again. */
export class Missing extends Error {
  readonly range: Range;
  /** Further ranges that are needed, in the order of the file. */
  readonly more: readonly Range[];
  constructor(range: Range, more: readonly Range[] = []) {
    super(`bytes ${range.start} to ${range.end} are missing`);
    this.range = range;
    this.more = more;
  }
}

/** A file with holes. Only the ranges in `present` may be read. */
export interface SparseBytes extends FileBytes {
  /** Throws `Missing` unless the entire range is present. */
  require(range: Range): void;
  /** Like `require`, for several ranges in the order of the file. */
  requireAll(ranges: readonly Range[]): void;
}

export function sparseBytes(file: FileBytes, present: readonly Range[]): SparseBytes {
  const require = ({ start, end }: Range): void => {
    const missing = firstMissing(present, { start, end: Math.min(end, file.size) });
    if (missing) throw new Missing(missing);
  };
  return {
    size: file.size,
    require,
    requireAll(ranges) {
      const within = ranges.map(({ start, end }) => ({ start, end: Math.min(end, file.size) }));
      const [first, ...more] = within.flatMap((range) => firstMissing(present, range) ?? []);
      if (first) throw new Missing(first, more);
    },
    read(position, length) {
      require({ start: position, end: position + length });
      return file.read(position, length);
    },
    readInto(target, position) {
      require({ start: position, end: position + target.length });
      return file.readInto(target, position);
    },
    close: () => file.close(),
  };
}

/** Returns the part of a range from its first byte that is not present; null if the entire range is present. */
export function firstMissing(present: readonly Range[], { start, end }: Range): Range | null {
  // Ranges may touch, so a range may continue where another range ends.
  for (let at = start; at < end; ) {
    const next = present.find((range) => range.start <= at && at < range.end);
    if (!next) return { start: at, end };
    at = next.end;
  }
  return null;
}

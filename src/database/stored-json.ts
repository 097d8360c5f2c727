import type { z } from 'zod';

/** JSON in a column: written with a version, and parsed by a schema whenever it is read. */
export interface StoredJson<T> {
  write(value: T): string;
  /** Parses a stored value. Throws `StoredJsonError`. */
  read(stored: unknown): T;
  readOrNull(stored: unknown): T | null;
}

/** The error for data in a row that this release cannot read, because a newer release or a person wrote the data. */
export class StoredJsonError extends Error {
  constructor(name: string, problem: string) {
    super(`stored ${name} ${problem}`);
    this.name = 'StoredJsonError';
  }
}

/**
 * Creates the writer and reader of a JSON column. `name` appears in errors. The version is the member `v`, next to the members of the
 * value, so that SQL can access the members by their own names.
 */
export function storedJson<Schema extends z.ZodType<object>>(
  name: string,
  version: number,
  schema: Schema,
): StoredJson<z.output<Schema>> {
  function read(stored: unknown): z.output<Schema> {
    const { v, ...value } = stored as { v?: unknown };
    if (v !== version) throw new StoredJsonError(name, `has the version ${JSON.stringify(v)}, not ${version}`);
    const parsed = schema.safeParse(value);
    // The error contains only the paths, because the text of an issue may contain a value.
    if (!parsed.success) throw new StoredJsonError(name, `does not match its schema: ${pathsOf(parsed.error)}`);
    return parsed.data;
  }
  return {
    write: (value) => JSON.stringify({ v: version, ...(value as object) }),
    read,
    readOrNull: (stored) => (stored === null || stored === undefined ? null : read(stored)),
  };
}

function pathsOf(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => issue.path.join('.') || '(whole)')
    .join(', ');
}

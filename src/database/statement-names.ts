/** Number of runs of a text after which the text has a name. A statement that runs once a day need not use memory in every connection. */
const MIN_RUNS = 3;
/** Maximum number of named texts in a process. Each of these statements uses about 30 kB in every connection that runs it. */
const MAX_NAMED = 300;
/** Maximum number of texts whose runs are counted. Texts that vary with the data would otherwise fill the memory. */
const MAX_COUNTED = 1_000;
/** Matches statements that PostgreSQL plans. Preparing other statements has no advantage. */
const PLANNED = /^\s*(select|insert|update|delete|with)\b/i;
/**
 * Matches `SELECT *`, `jobs.*` or `RETURNING *`. A migration that adds a column changes the result. PostgreSQL would then reject the
 * prepared statement and roll back the transaction.
 */
const ALL_COLUMNS = /(?:\.|\b(?:select|returning)\s+|,\s*)\*/i;

/** Chooses which statements connections prepare, by their text. */
export interface StatementNames {
  /**
   * Returns the name under which a connection prepares this text, or undefined if the text should not be prepared. Counts one run of the
   * text.
   */
  nameOf(text: string): string | undefined;
  /** Gives every text a new name, so that no connection reuses a prepared statement. */
  renew(): void;
}

export function createStatementNames(): StatementNames {
  const runs = new Map<string, number>();
  const names = new Map<string, string>();
  let generation = 0;

  return {
    nameOf(text) {
      const named = names.get(text);
      if (named || names.size >= MAX_NAMED || !PLANNED.test(text) || ALL_COLUMNS.test(text)) return named;
      const count = (runs.get(text) ?? 0) + 1;
      if (count < MIN_RUNS) {
        if (runs.size >= MAX_COUNTED) runs.clear();
        runs.set(text, count);
        return undefined;
      }
      runs.delete(text);
      const name = `airlock_${generation}_${names.size}`;
      names.set(text, name);
      return name;
    },
    renew() {
      generation += 1;
      names.clear();
    },
  };
}

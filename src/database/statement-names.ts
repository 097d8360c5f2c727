/** Runs after which a text gets a name: what runs once a day need not stay in the memory of every connection. */
const MIN_RUNS = 3;
/** Named texts of a process. Each takes some 30 kB in every connection that runs it. */
const MAX_NAMED = 300;
/** Texts whose runs are counted. Texts that vary with the data would otherwise fill the memory. */
const MAX_COUNTED = 1_000;
/** Statements that PostgreSQL plans. All others have nothing to prepare. */
const PLANNED = /^\s*(select|insert|update|delete|with)\b/i;
/**
 * `SELECT *`, `jobs.*` or `RETURNING *`: a migration that adds a column changes the result, and PostgreSQL rejects the prepared
 * statement, which would undo a transaction.
 */
const ALL_COLUMNS = /(?:\.|\b(?:select|returning)\s+|,\s*)\*/i;

/** Chooses which statements connections prepare, by their text. */
export interface StatementNames {
  /** The name under which a connection prepares this text, or undefined if it should not. Counts a run. */
  nameOf(text: string): string | undefined;
  /** Gives every text another name, so that no connection uses a statement again that it has prepared. */
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

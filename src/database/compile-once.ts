import type { Compilable, CompiledQuery } from 'kysely';
import type { Db } from './pool.ts';

/** Stands for a value in the text of a statement. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Every property is a placeholder of its name. */
const placeholders = new Proxy({}, { get: (_target, name) => new Placeholder(String(name)) });

/**
 * A statement that is built and compiled at its first run. For a statement of many columns, building the text takes longer
 * than everything else that the process does to run it, and frequent statements run for every request.
 * @param build uses each value as a parameter, and nothing else of `values`: the text must be the same for all values, null
 *   included
 */
export function compileOnce<Values extends object, Row>(
  build: (db: Db, values: Values) => Compilable<Row>,
): (db: Db, values: Values) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | undefined;
  return async (db, values) => {
    compiled ??= build(db, placeholders as Values).compile();
    const parameters = compiled.parameters.map((one) =>
      one instanceof Placeholder ? values[one.name as keyof Values] : one,
    );
    const { rows } = await db.executeQuery<Row>({ ...compiled, parameters });
    return rows;
  };
}

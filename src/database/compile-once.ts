import type { Compilable, CompiledQuery, RawBuilder } from 'kysely';
import type { Db } from './pool.ts';

/** Represents a value while a statement is compiled. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object whose every property is a placeholder with the name of the property. */
const placeholders = new Proxy({}, { get: (_target, name) => new Placeholder(String(name)) });

type Statement<Row> = Compilable<Row> | RawBuilder<Row>;

/**
 * Returns a function that runs a statement, which is built and compiled at its first run. For a statement with many columns, building the
 * text takes longer than all other work of the process to run it, and frequent statements run for every request.
 * @param build may use the properties of `values` only as parameters, because the text must be the same for all values, including null
 */
export function compileOnce<Values extends object, Row>(
  build: (db: Db, values: Values) => Statement<Row>,
): (db: Db, values: Values) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | undefined;
  return async (db, values) => {
    compiled ??= build(db, placeholders as Values).compile(db);
    const parameters = compiled.parameters.map((one) =>
      one instanceof Placeholder ? values[one.name as keyof Values] : one,
    );
    const { rows } = await db.executeQuery<Row>({ ...compiled, parameters });
    return rows;
  };
}

/**
 * Like `compileOnce`, with one statement for each variant. Use few variants, because each statement stays in memory.
 * @param build may read `variant`, unlike `values`, whose properties are placeholders
 */
export function compileEach<Variant extends object, Values extends object, Row>(
  build: (db: Db, values: Values, variant: Variant) => Statement<Row>,
): (db: Db, variant: Variant, values: Values) => Promise<Row[]> {
  const known = new Map<string, (db: Db, values: Values) => Promise<Row[]>>();
  return (db, variant, values) => {
    const name = JSON.stringify(variant);
    const run = known.get(name) ?? compileOnce<Values, Row>((one, holders) => build(one, holders, variant));
    known.set(name, run);
    return run(db, values);
  };
}

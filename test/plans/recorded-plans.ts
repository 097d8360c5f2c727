import pg from 'pg';
import { until } from '../../testkit/until.ts';
import type { TestDatabase } from '../helpers/database.ts';

/** A scan of a table or an index by a statement. */
interface Scan {
  node: string;
  relation: string;
  /** Number of rows that were read, including rows that a filter removed. */
  rows: number;
}

/** A statement that PostgreSQL has run, with the plan of its largest run. */
export interface SeenStatement {
  text: string;
  scans: Scan[];
  rows: number;
}

export interface RecordedPlans {
  /** Statements by their text, including statements inside triggers and functions. */
  readonly statements: ReadonlyMap<string, SeenStatement>;
}

/** Settings with which `auto_explain` reports plans to the client that has sent the statement. */
const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
  'auto_explain.log_nested_statements': 'on',
};

/**
 * Records the plan of every statement that runs in this database from now on, as it was run: with its parameters, or as the generic plan of
 * a prepared statement. Ends all connections to the database. Needs the superuser.
 */
export async function recordPlans(database: Pick<TestDatabase, 'pg' | 'url'>): Promise<RecordedPlans> {
  const statements = new Map<string, SeenStatement>();
  database.pg.on('connect', (client) => {
    client.on('notice', ({ message }) => {
      const json = /^duration: \S+ ms {2}plan:\n(.*)$/s.exec(message ?? '')?.[1];
      if (json) take(statements, JSON.parse(json));
    });
  });
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  try {
    const { rows } = await admin.query('SELECT current_database() AS name');
    for (const [name, value] of Object.entries(SETTINGS)) {
      await admin.query(`ALTER DATABASE ${rows[0].name} SET ${name} = '${value}'`);
    }
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
  } finally {
    await admin.end();
  }
  await until(() => database.pg.totalCount === 0, { what: 'the pool to notice that its connections have ended' });
  return { statements };
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

function take(statements: Map<string, SeenStatement>, explained: { 'Query Text': string; Plan: PlanNode }): void {
  const text = explained['Query Text'].replace(/\s+/g, ' ').trim();
  const scans = scansOf(explained.Plan);
  const rows = scans.reduce((sum, scan) => sum + scan.rows, 0);
  const before = statements.get(text);
  statements.set(text, {
    text,
    scans: [...(before?.scans ?? []).filter(({ node }) => node === 'Seq Scan'), ...scans],
    rows: Math.max(rows, before?.rows ?? 0),
  });
}

function scansOf(node: PlanNode): Scan[] {
  const below = (node.Plans ?? []).flatMap(scansOf);
  if (!/ Scan$/.test(node['Node Type']) || !node['Relation Name']) return below;
  const each =
    (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return [
    { node: node['Node Type'], relation: node['Relation Name'], rows: each * (node['Actual Loops'] ?? 0) },
    ...below,
  ];
}

import type { Registry } from 'prom-client';
import { loadProm } from './prom.ts';

/** Counters of a listener's connection guard; see `listener/connection-guard.ts`. */
export interface ConnectionNumbers {
  open: number;
  /** Number of rejected connections by reason, since the process started. */
  rejected: Record<string, number>;
}

/** Registers metrics of a listener's connections, read at each scrape. */
export async function addConnectionMetrics(
  registry: Registry,
  listener: string,
  read: () => ConnectionNumbers,
): Promise<void> {
  const prom = await loadProm();
  const registers = [registry];
  new prom.Gauge({
    name: 'airlock_connections_open',
    help: 'Open connections of clients',
    labelNames: ['listener'],
    registers,
    collect() {
      this.set({ listener }, read().open);
    },
  });
  new prom.Counter({
    name: 'airlock_connections_refused_total',
    help: 'Connections that were rejected or closed, by reason',
    labelNames: ['listener', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(read().rejected)) this.inc({ listener, reason }, count);
    },
  });
}

/** Counters of rows that were not processed; see `database/row-guard.ts`. */
export interface RowNumbers {
  failed: Readonly<Record<string, number>>;
  skipped: Readonly<Record<string, number>>;
}

/** Registers metrics of the rows of this process, read at each scrape. */
export async function addRowMetrics(registry: Registry, read: () => RowNumbers): Promise<void> {
  const prom = await loadProm();
  const registers = [registry];
  new prom.Counter({
    name: 'airlock_row_failures_total',
    help: 'Rows that background work could not process. It retries them later',
    labelNames: ['loop'],
    registers,
    collect() {
      this.reset();
      for (const [loop, count] of Object.entries(read().failed)) this.inc({ loop }, count);
    },
  });
  new prom.Counter({
    name: 'airlock_unknown_rows_total',
    help: 'Rows that this release skipped, because only a newer release knows their kind, type of event or status',
    labelNames: ['what'],
    registers,
    collect() {
      this.reset();
      for (const [what, count] of Object.entries(read().skipped)) this.inc({ what }, count);
    },
  });
}

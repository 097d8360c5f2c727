import { createHash } from 'node:crypto';
import { InvalidArgumentError } from 'commander';

/** The server to which a process sends an operation. */
export type Via = 'database' | 'storage';

/** One operation of one process: the `occurrence`-th statement or request with this name since the recording began, from 1. */
export interface Target {
  via: Via;
  /** The name of the process that sends the operation, such as `api` or `worker`. */
  role: string;
  /** Name of the statement or request, without values and ids. */
  name: string;
  occurrence: number;
  /** The text of a statement, for people. */
  text?: string;
}

/**
 * What happens at a target.
 *
 * - `kill-before`: the process is killed, and the server receives nothing.
 * - `kill-after`: the server executes the operation, then the process is killed before it gets the response.
 * - `lose-answer`: the server executes the operation, then the connection breaks before the response.
 * - `break`: the connection breaks, and the server receives nothing.
 * - `delay`: the operation arrives late.
 * - `stop`: the process is stopped while the server executes the operation, and continues later.
 * - `answer-500`: the storage responds with 500, and executes nothing.
 */
export const FAULTS = ['kill-before', 'kill-after', 'lose-answer', 'break', 'delay', 'stop', 'answer-500'] as const;
export type Fault = (typeof FAULTS)[number];

export interface Injection {
  target: Target;
  fault: Fault;
  /** Milliseconds of `delay` and `stop`. */
  ms: number;
}

/** A fault of every operation, or of every n-th operation, from the start of a run. */
export interface Outage {
  outage: keyof typeof OUTAGES;
  via: Via;
  fault: Fault;
  /** 3 for every third operation. */
  every: number;
  /** Milliseconds until the outage ends. Delayed operations are sent then. */
  ms: number;
}

/** Outages of a server. The stall of the database exceeds the time after which workers count as lost, and the time-out of a query. */
export const OUTAGES = {
  'every-third-500': { via: 'storage', fault: 'answer-500', every: 3, ms: 600_000 },
  'storage-away': { via: 'storage', fault: 'break', every: 1, ms: 20_000 },
  'database-stall': { via: 'database', fault: 'delay', every: 1, ms: 40_000 },
} as const satisfies Record<string, Omit<Outage, 'outage'>>;

export function outageOf(name: string): Outage | null {
  return name in OUTAGES ? { outage: name as Outage['outage'], ...OUTAGES[name as Outage['outage']] } : null;
}

/** Returns the name of what a run injects, and its target. */
export function describePlan(plan: Injection | Outage): { fault: string; target: string; text: string | null } {
  if ('outage' in plan) return { fault: plan.outage, target: '', text: null };
  return { fault: plan.fault, target: showTarget(plan.target), text: plan.target.text ?? null };
}

export function faultsOf(via: Via): Fault[] {
  return FAULTS.filter((fault) => fault !== 'answer-500' || via === 'storage');
}

export function showTarget({ via, role, name, occurrence }: Target): string {
  return `${role} ${via} ${name} ${occurrence}`;
}

/** Parses the text of `showTarget`. */
export function parseTarget(text: string): Target {
  const [, role, via, name, occurrence] = /^(\S+) (database|storage) (.+) (\d+)$/.exec(text) ?? [];
  if (!role || !via || !name) throw new InvalidArgumentError('Use a target as a violation prints it.');
  return { role, via: via as Via, name, occurrence: Number(occurrence) };
}

/**
 * Returns the name of a statement: its verb and first table, and a hash of its text. Lists of values of any length have the same name.
 * `previous` is the name of the statement before it on the same connection, which distinguishes the ends of transactions.
 */
export function statementName(text: string, previous: string | null): string {
  const plain = text.trim().replace(/\s+/g, ' ');
  if (/^(begin|start transaction)\b/i.test(plain)) return 'begin';
  if (/^(commit|rollback)$/i.test(plain)) return `${plain.toLowerCase()} after ${previous ?? 'nothing'}`;
  const normal = plain
    .replace(/'(?:[^']|'')*'/g, '?')
    .replace(/\$\d+|\b\d+\b/g, '?')
    .replace(/\((?:\?(?:::[a-z[\]]+)?(?:, )?)+\)/g, '(?)')
    .replace(/\(\?\)(?:, \(\?\))+/g, '(?)');
  const verb = /^\w+/.exec(plain)?.[0].toLowerCase() ?? 'statement';
  const table = /\b(?:from|into|update)\s+(?:only\s+)?"?(\w+)"?/i.exec(
    plain.replace(/for (no key )?update/gi, ''),
  )?.[1];
  const hash = createHash('sha256').update(normal).digest('hex').slice(0, 8);
  return [verb, table, hash].filter(Boolean).join('-');
}

/** Returns the name of a request to the storage: its method, the kind of its key, and the names of its parameters. */
export function requestName(method: string, url: string): string {
  const { pathname, searchParams } = new URL(url, 'http://storage.invalid');
  const path = pathname
    .split('/')
    .slice(2)
    .map((part) => part.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4,}/g, '*'))
    .join('/');
  const names = [...searchParams.keys()].filter((name) => !/^x-amz-/i.test(name)).sort();
  return `${method}-${path || 'bucket'}${names.length > 0 ? `?${names.join('&')}` : ''}`;
}

/**
 * Names of operations that processes also send while no job runs: heartbeats, leases, sweeps and checks of the queue. They recur at any
 * moment, so the n-th of them is not part of a job.
 */
const BACKGROUND = [
  /^(set|show|discard|listen|unlisten|deallocate)-/,
  /^(select|update|insert|delete|with)-(workers|fleet_leases|signing_keys|audit_checkpoints)-/,
  /^(HEAD|GET)-bucket/,
];

/** Parts of the texts of such statements whose names do not distinguish them from statements of jobs. */
const BACKGROUND_TEXTS = [
  /SELECT EXISTS \(SELECT FROM account_schedule AS schedule/,
  /from "webhook_deliveries" .*"next_attempt_at" <= now\(\)/,
  /"check_at" <= now\(\)/,
  /"heartbeat_at" </,
];

export function isBackground({ name, text = '' }: Pick<Target, 'name' | 'text'>): boolean {
  const own = name.replace(/^(commit|rollback) after /, '');
  return BACKGROUND.some((pattern) => pattern.test(own)) || BACKGROUND_TEXTS.some((pattern) => pattern.test(text));
}

/*
 * Loaded into every process of a service through NODE_OPTIONS. Counts the statements that the process sends to PostgreSQL, and the round
 * trips in which it sends them. SIGUSR2 writes the counts to $AIRLOCK_BENCH_COUNTS/<pid>.json.
 */
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

const folder = process.env.AIRLOCK_BENCH_COUNTS;
const POSTGRES_SOCKET = '.s.PGSQL.';
/** Types of frontend messages to which the server responds: Query, and Sync after the parts of a statement. */
const ENDS = new Set(['Q', 'S']);

if (isMainThread && folder) {
  const counts = { statements: 0, roundTrips: 0 };
  /** Number of statements without a response yet, by connection. */
  const pending = new WeakMap();
  const { connect, write } = Socket.prototype;

  Socket.prototype.connect = function (...args) {
    if (pathOf(args)?.includes(POSTGRES_SOCKET)) {
      pending.set(this, 0);
      this.on('data', () => pending.set(this, 0));
    }
    return connect.apply(this, args);
  };
  Socket.prototype.write = function (data, ...rest) {
    const before = pending.get(this);
    if (before !== undefined && Buffer.isBuffer(data)) {
      const sent = countEnds(data);
      counts.statements += sent;
      if (sent > 0 && before === 0) counts.roundTrips += 1;
      pending.set(this, before + sent);
    }
    return write.call(this, data, ...rest);
  };
  process.on('SIGUSR2', () => writeFileSync(`${folder}/${process.pid}.json`, JSON.stringify(counts)));
}

/** Returns the path of a local socket in the arguments of `connect`, which Node sometimes passes as one array. */
function pathOf([first]) {
  const target = Array.isArray(first) ? first[0] : first;
  return typeof target === 'string' ? target : target?.path;
}

/**
 * Returns the number of messages in `data` to which the server responds. A message begins with its type, and its length including these
 * four bytes.
 */
function countEnds(data) {
  let ends = 0;
  for (let at = 0; at + 5 <= data.length; at += 1 + data.readUInt32BE(at + 1)) {
    if (ENDS.has(String.fromCharCode(data[at]))) ends += 1;
  }
  return ends;
}

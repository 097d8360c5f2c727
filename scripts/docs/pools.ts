import { UNREAD_BYTES } from '../../src/api/plugins/answers.ts';
import { BODY_POOL } from '../../src/api/plugins/bodies.ts';
import { OPEN_REQUEST_POOL } from '../../src/api/plugins/concurrency.ts';
import { CHECK_POOL, DELIVERING_POOL, DELIVERY_POOL } from '../../src/attempt/resources/transfer-pools.ts';
import { readConfig } from '../../src/config/config.ts';
import { connectionPool } from '../../src/database/connection-share.ts';
import { LARGE_PIECES } from '../../src/gateway/pieces.ts';
import { transfersOf } from '../../src/gateway/transfers.ts';
import { ARCHIVE_PART_POOL, ARCHIVE_POOL } from '../../src/jobs/archives.ts';
import { accountsToFill, type PoolShape, quietPlaces } from '../../src/pools/share.ts';
import { threadPool } from '../../src/threads/pool.ts';
import { WEBHOOK_POOL } from '../../src/webhooks/shares.ts';
import { FETCH_POOL, PROBE_POOL } from '../../src/worker/fetch-permits.ts';
import { table } from './markdown.ts';
import { sourceNumber } from './source-constants.ts';
import { bytes } from './units.ts';

export interface Pool {
  what: string;
  shape: PoolShape;
  /** Whether an account can keep a place for as long as it wants. Otherwise, a place is in use only for a short time. */
  isKept: boolean;
  /** The effect if no place is free for an account. */
  full: string;
}

const WAITS = 'The job waits';
const TOO_MANY = 'Returns `429` with the code `concurrency_exceeded`';

/** Every pool that accounts share by the rule of `src/pools/share.ts`. */
export const POOLS: readonly Pool[] = [
  {
    what: 'Sources that a worker fetches for light jobs, and separately for heavy jobs',
    shape: FETCH_POOL,
    isKept: true,
    full: WAITS,
  },
  {
    what: 'Probes of remote files, per worker',
    shape: PROBE_POOL,
    isKept: true,
    full: 'The request waits up to 45 seconds',
  },
  { what: 'Deliveries to destinations, per worker', shape: DELIVERY_POOL, isKept: true, full: 'The delivery waits' },
  {
    what: 'Deliveries to destinations that run or wait, per worker',
    shape: DELIVERING_POOL,
    isKept: true,
    full: 'The delivery returns to the queue',
  },
  {
    what: 'Tests of new connections, per worker',
    shape: CHECK_POOL,
    isKept: true,
    full: 'The request waits up to 45 seconds',
  },
  { what: 'Webhook deliveries, per worker', shape: WEBHOOK_POOL, isKept: true, full: 'The delivery waits' },
  {
    what: 'Open requests of an API process, including waiting requests and event streams',
    shape: OPEN_REQUEST_POOL,
    isKept: true,
    full: TOO_MANY,
  },
  {
    what: 'Request bodies of more than 64 KiB, or of unknown size, that an API process reads',
    shape: BODY_POOL,
    isKept: true,
    full: `${TOO_MANY} after 30 seconds`,
  },
  {
    what: 'Database connections of an API process',
    shape: connectionPool(sourceNumber('cli/roles/api.ts', 'CONNECTIONS')),
    isKept: false,
    full: `${TOO_MANY} after 30 seconds`,
  },
  {
    what: 'Zip archives that an API process makes',
    shape: ARCHIVE_POOL,
    isKept: true,
    full: 'Returns `503` with the code `archive_not_ready`',
  },
  {
    what: 'Parts of zip archives that an API process makes and stores concurrently',
    shape: ARCHIVE_PART_POOL,
    isKept: false,
    full: 'The archive waits',
  },
  {
    what: 'Transfers of the embedded storage',
    shape: transfersOf(readConfig({}).maxConnections),
    isKept: true,
    full: 'Returns `503` with the code `SlowDown`',
  },
  { what: 'Threads of a worker with four slots', shape: threadPool(4), isKept: false, full: WAITS },
  {
    what: 'Threads for large requests, per API process with three or more cores',
    shape: threadPool(sourceNumber('cli/roles/api.ts', 'MAX_PLANNER_THREADS')),
    isKept: false,
    full: 'The request waits',
  },
];

/** Memory that accounts share by the same rule, in bytes. */
const MEMORY: readonly Omit<Pool, 'isKept'>[] = [
  {
    what: 'Unread responses of an API process',
    shape: UNREAD_BYTES,
    full: 'Returns `429` with the code `concurrency_exceeded`',
  },
  {
    what: 'Large pieces of downloads in the embedded storage',
    shape: LARGE_PIECES,
    full: 'The download continues in small pieces',
  },
];

/** Pools with another rule, and the reason. */
const OTHERS: readonly (readonly [string, string])[] = [
  [
    'Slots for light and heavy jobs',
    'The account with the fewest running jobs comes first. Of several accounts with equally few running jobs, the account with the oldest job comes first. An account leaves one heavy slot of the fleet to other active accounts. A running job keeps its slot, because an interrupted job would lose its work',
  ],
  [
    'Slots for interactive jobs',
    'The account that the worker served least recently comes first. Jobs in these slots do not wait for the network',
  ],
  [
    'Memory for cells',
    'Heavy jobs get memory in the order in which they request it. Each heavy job has a slot, so the slots limit how much memory an account gets',
  ],
  [
    'Disk space for work',
    'If there are several accounts, an account may use half of the space that other accounts do not use. Airlock measures the bytes, because a source may declare any size',
  ],
  [
    'Sign-ins',
    'An API process checks one password at a time. Each address, or known browser, can have two waiting sign-ins',
  ],
  ['Large bodies that are parsed', 'One after the other, with pauses for other requests. Accounts take turns'],
  [
    'Transactions that lock an account, and batches',
    'One at a time for each account. Accounts do not wait for each other',
  ],
  [
    'Checks of uploads that the embedded storage reports',
    `The leader of the fleet makes up to ${sourceNumber('worker/follow-uploads.ts', 'AT_ONCE')} checks at a time, in the order of the reports. A check waits only for the database and the storage, never for a client. If ${sourceNumber('worker/follow-uploads.ts', 'MOST_WAITING').toLocaleString('en-US')} reports wait, the leader drops further reports. Periodic checks find the uploads of these reports`,
  ],
  [
    'Checks of uploads for waiting clients, with S3 or Google Cloud Storage',
    `An API process makes up to about ${sourceNumber('api/look-for-uploads.ts', 'MOST_PER_SECOND')} checks a second for all accounts together. The more jobs it checks, the less often it checks each job. A check waits only for the database and the storage, never for a client. The leader of the fleet also checks these uploads, but less often`,
  ],
];

/** Returns the section of `docs/limits.md` about pools. */
export function sharedPools(): string {
  const rows = POOLS.map(({ what, shape, full }) => {
    const { places, share, reserved } = shape;
    const counts = [places, quietPlaces(shape), share, reserved, accountsToFill(shape)];
    return [what, ...counts.map((count) => count.toLocaleString('en-US')), full];
  });
  const memory = MEMORY.map(({ what, shape, full }) => {
    const { places, share, reserved } = shape;
    return [what, ...[places, quietPlaces(shape), share, reserved].map(bytes), full];
  });
  const columns = [
    'Pool',
    'Places',
    'Of one account',
    'Once a quarter is taken',
    'Reserved',
    'Accounts to fill it',
    'When full',
  ];
  return `## Shared pools

Accounts share the resources of a process by this rule. While less than a quarter of the places of a pool is taken, or while no other account
has a place, an account can have as many places as the column "Of one account" shows. Otherwise, an account can have as many places as the next
column shows. The reserved places are only for accounts without a place. Even if accounts keep their places, it therefore takes the number of
accounts in the column "Accounts to fill it" to fill a pool. A free place goes to the waiting account with the fewest places. If several
accounts have the fewest places, it goes to the account that got a place least recently.

Database connections, parts of archives and threads are in use only for a short time, so few places are sufficient. A job that waits for the
network doesn't occupy a slot.

${table(columns, rows)}

Accounts share memory by the same rule. A single response or piece may exceed the limit of its account:

${table(['Memory', 'Bytes', 'Of one account', 'Once a quarter is taken', 'Reserved', 'When full'], memory)}

These resources have other rules:

${table(
  ['Pool', 'Rule'],
  OTHERS.map((row) => [...row]),
)}
`;
}

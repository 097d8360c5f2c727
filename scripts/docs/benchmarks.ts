import { type Recorded, runOf } from '../../bench/lib/record.ts';
import {
  type Cell,
  cell,
  describeDeviations,
  describeMachines,
  describeRuns,
  figuresIn,
  figuresOf,
  figureTable,
  readRecorded,
} from './benchmark-figures.ts';
import * as tables from './benchmark-tables.ts';
import { code, heading } from './markdown.ts';

/** The words for the limit of a target. */
const BOUNDS = { '<=': 'at most', '>=': 'at least' };

const MISSED_COLUMNS = ['Case', 'Figure', 'Target', 'Measured'];

/** Returns `docs/benchmarks.md`: the figures of `docs/benchmarks.json`, with the runs that measured the figures. */
export function benchmarksPage(recorded: Recorded = readRecorded()): string {
  const read = figuresOf(recorded);
  const missed = missedTargets(recorded);
  const all = [...Object.values(tables).flatMap(({ rows }) => rows(read)), ...missed];
  const runs = describeRuns(figuresIn(all));
  const isOneRun = !runs.startsWith('-');
  const deviations = describeDeviations(recorded);
  const show: Show = ({ columns, rows }) => figureTable(columns, rows(read), !isOneRun);
  const missedTable = `These figures miss their targets:\n\n${figureTable(MISSED_COLUMNS, missed, !isOneRun)}`;
  return `${heading('Benchmarks', 'docs/benchmarks.json, which ./airlock bench --record writes,')}
These figures show what Airlock costs compared with \`ffmpeg\` on the same machine, and how much one machine handles. You can
[repeat every measurement](#measure-your-machine) on your own machine.

${describeMachines(figuresIn(all))}
API, worker, PostgreSQL, storage and the clients share the cores. ${isOneRun ? runs : 'Each table names the runs that measured it.'}
The [log of measurements](benchmarks-log.md) describes every case.
${deviations && `\nThese cases differ from their description:\n\n${deviations}\n`}
${costs(show)}

${fairness(show)}

## Missed targets

${missed.length === 0 ? 'No figure misses its target.' : missedTable}

${OTHER_SERVICES}

${MEASURE}
`;
}

type Show = (table: tables.FigureTable) => string;

/** Returns the sections about what Airlock costs in time and memory, and how much it handles. */
function costs(show: Show): string {
  return `## Time compared with FFmpeg

Each comparison runs Airlock and plain \`ffmpeg\` in turn, on the same file with the same arguments. The times include the database, the
sandbox, and the check of the output. Each row gives the median of the pairs, and the smallest and the largest value.

${show(tables.TIMES)}

## Clients

Each client sends the same requests as a program without a library. The table shows how much longer the client takes, from its first byte to
the output on its disk:

${show(tables.CLIENTS)}

## Latency

${show(tables.LATENCIES)}

## Throughput

Encoding limits how much video a machine can process. The other parts of Airlock can process more than two cores can encode:

${show(tables.RATES)}

On 29 November 2026, a service deleted 2,147 objects a second from the embedded storage. On 28 November 2026, with a million stored jobs, no
SQL statement of a request took more than 16 ms.

## Memory

The table shows the memory of a complete service, including PostgreSQL and storage. PSS counts pages that several processes share once. RSS
is the sum of the resident sizes of all processes, and counts shared pages in each of them.

${show(tables.MEMORY)}

${STATIC_QUALITY}`;
}

/** Returns the section about what other clients and failures cost a client. */
function fairness(show: Show): string {
  return `## Fairness

Each test measures what a client waits for while other clients use as much as they can get.

**Pools.** Greedy accounts keep all fetches, deliveries, probes and tests of connections that they get. A new account sends 20 requests of
each kind. Each value is the slowest of the 20:

${show(tables.POOLS)}

**Downloads that stall.** Clients start 2,000 downloads and don't read them. The memory is the memory of the gateway:

${show(tables.STALLED)}

**Documents.** Each address downloads \`/openapi.json\` without compression, in loops on 16 connections:

${show(tables.DOCUMENTS)}

**Connections.** One address tries to keep 6,000 connections open at each port for 45 seconds:

${show(tables.CONNECTIONS)}

**Hostile files.** Hostile files arrive at the same time as legitimate jobs:

${show(tables.FLOOD)}

## Attacks and failures

| Test | Result |
| --- | --- |
| 17 addresses attack all routes in nine ways, with and without a key (29 November 2026) | Requests of another account take at most 235 ms (p99 of the worst attack), and none fails |
| 10,000 jobs of 20 accounts, while a process is killed or stopped every two seconds for 32 minutes (26 November 2026) | 9,998 jobs completed, and two failed after their worker was killed three times. Each job ended once, and no file remained |`;
}

/** Returns a row for every recorded figure that misses its target, even if the page does not contain the figure. */
function missedTargets({ cases }: Recorded): Cell[][] {
  return Object.entries(cases).flatMap(([name, entry]) =>
    entry.rows
      .filter(({ met }) => met === false)
      .map((row) => {
        const target = row.target!.replace(/^[<>]=/, (sign) => BOUNDS[sign as keyof typeof BOUNDS]);
        return [code(name), row.what, target, cell({ ...row, case: name, run: row.run ?? runOf(entry) })];
      }),
  );
}

const STATIC_QUALITY = `## Quality

On 26 November 2026, the preset \`medium\` needed 0.69 times the CPU time and 0.86 times the bytes of x264's own preset \`medium\` at CRF 23,
for four real clips. The structural similarity (SSIM) to the source was 0.001 lower.

On 29 November 2026, jobs with the [quality target](quality.md) SSIM 0.98 reached the target on all 13 clips. The files had 0.68 times the
bytes that the preset \`high\` produces. The search added 22% to the CPU time.`;

const OTHER_SERVICES = `## Compared with other services

All services ran on the same machine with two cores. Each figure is the additional time compared with plain \`ffmpeg\` and the service's own
arguments, from the client's first byte to the file on the client's disk. Smaller is better:

| Task | Airlock | datarhei/core | hastla007/ffapi | crisog/ffmpeg-rest |
| --- | --- | --- | --- | --- |
| 20 s of 720p VP9 to H.264 | 1.4% | 6.7% | 2.1% | 6.9% |
| A clip of 1.5 s | 106 ms | 28 ms | 183 ms | 226 ms |
| 40 tiny clips, four at a time, compared with \`xargs -P2 ffmpeg\` | 75% | 2% | 216% | 129% |
| A copy of a file of 521 MB | 337% | 70% | 327% | 590% |

The services were measured once. The figures were recorded on 29 November 2026 at commit \`f7d7eac3\`. Airlock has changed since then, and the
other services may have changed as well. [Time compared with FFmpeg](#time-compared-with-ffmpeg) has the current figures of Airlock, except
for the copy, which is now compared with other steps.

On 26 November 2026, ten pairs of the first task took turns with ten pairs of each other service, and the services differed less. The
[log](benchmarks-log.md#figures) has these figures.`;

const MEASURE = `## Measure your machine

\`./airlock bench\` runs all cases in about an hour. It starts the built service on free loopback ports with a temporary data directory. To
run only some cases, name them:

\`\`\`text
./airlock bench --case startup --case memory
\`\`\`

| Option | Meaning |
| --- | --- |
| \`--case NAME\` | Runs one [case](benchmarks-log.md#cases). You can repeat the option. Defaults to all cases |
| \`--pairs N\` | Number of pairs of the 60 s comparison. Defaults to 5. Other cases change in proportion |
| \`--cold\` | \`overhead\`, \`budget\` and \`start\` measure the first jobs after a start of the service |
| \`--gap SECONDS\` | \`overhead\`, \`budget\`, \`accept\` and \`start\` pause before each short job. Defaults to 0 |
| \`--only WORDS\` | In the case \`routes\`, runs only the attacks whose name, attacker and route group contain all words, such as \`--only "schema greedy /v1/upload"\`. In the case \`recommended\`, runs only the parts \`short\`, \`large\` or \`wait\` |
| \`--peer URL\` | Address of another service with the v1 API, for the case \`peer\`. Set \`AIRLOCK_BENCH_PEER_KEY\` to its key |
| \`--json\` | Prints every measurement and a description of the machine as JSON |
| \`--record\` | Writes the figures of each case to \`docs/benchmarks.json\` when the case ends, with the commit, the date and the machine. Other entries stay. With \`--only\`, other figures of the case stay as well. \`npx tsx scripts/docs.ts\` then renews this page |

A missed target appears in the table and doesn't change the exit code. The command fails if a job fails, or if an output differs from the
output of plain \`ffmpeg\` with the same arguments. On a shared machine, rely on CPU seconds and on the smallest values.`;

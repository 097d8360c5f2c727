import { REACHES, type Reach, type SelfTestCheck } from '../../sandbox/types.ts';
import { out } from '../style.ts';
import { table } from '../table.ts';

/** The attempts of the self-test that try to reach the same thing. */
export interface ReachSummary {
  reach: Reach;
  attempts: number;
  /** Attempts that succeeded although the tier promises to block them. */
  reached: string[];
  /** Attempts that the tier does not promise to block. */
  notPromised: string[];
  /** What the cell did, with the number of attempts, the most frequent first. */
  answers: { answer: string; attempts: number }[];
}

const NAMES: Readonly<Record<Reach, string>> = {
  files: "the machine's files",
  other_jobs: 'other jobs',
  secrets: 'secrets',
  network: 'the network',
  devices: 'devices',
  processes: 'other processes',
  kernel: 'the kernel',
  resources: "the machine's resources",
};

const EXAMPLES: Readonly<Record<Reach, string>> = {
  files: '/home, /proc, its own inputs, a shell',
  other_jobs: 'inputs, outputs, locks, shared memory',
  secrets: "descriptors, /etc/shadow, the service's environment",
  network: 'sockets of 45 families, a network namespace',
  devices: 'terminals, /dev/mem, /dev/kvm, tunnels',
  processes: 'signals, a second process, ptrace',
  kernel: 'root, modules, BPF, the clock, writable code',
  resources: 'memory, time, disk, threads without end',
};

/** Meaning of each result, by the name of the error or the way in which the cell ended. */
const ANSWERS: readonly (readonly [result: RegExp, answer: string])[] = [
  [/^ENOENT/, 'does not exist'],
  [/^EBADF/, 'not inherited'],
  [/^EROFS/, 'read-only'],
  [/^ENOSYS/, 'call blocked'],
  [/^(EPERM|EACCES|ENOTTY|EOPNOTSUPP)/, 'denied'],
  [/^ENOMEM/, 'no memory'],
  [/^ESRCH/, 'not visible'],
  [/^violation/, 'cell killed'],
  [/^limit_/, 'cell stopped at the limit'],
  // An attempt that must succeed, because it shows what the cell has.
  [/^\d/, 'only what the cell has'],
];

/** Groups the checks by what the attempts try to reach. Omits checks about the test itself. */
export function summarizeReach(checks: readonly SelfTestCheck[]): ReachSummary[] {
  return REACHES.flatMap((reach) => {
    const own = checks.filter((check) => check.reach === reach);
    if (own.length === 0) return [];
    const blocked = own.filter(({ passed, promised }) => passed && promised);
    return [
      {
        reach,
        attempts: own.length,
        reached: own.filter(({ passed }) => !passed).map(({ attempt }) => attempt),
        notPromised: own.filter(({ passed, promised }) => passed && !promised).map(({ attempt }) => attempt),
        answers: countAnswers(blocked),
      },
    ];
  });
}

function countAnswers(checks: readonly SelfTestCheck[]): ReachSummary['answers'] {
  const counts = new Map<string, number>();
  for (const { seen } of checks) {
    const answer = ANSWERS.find(([result]) => result.test(seen))?.[1] ?? seen;
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  return [...counts]
    .map(([answer, attempts]) => ({ answer, attempts }))
    .sort((one, other) => other.attempts - one.attempts);
}

/** Returns a table with one row for each thing that attempts try to reach, for a terminal of `width` characters. */
export function reachTable(checks: readonly SelfTestCheck[], width: number): string {
  return table(
    summarizeReach(checks),
    [
      { title: 'A hostile file tries', value: (row) => `${markOf(row)} ${NAMES[row.reach]}`, paint: paintRow },
      { title: 'For example', value: ({ reach }) => EXAMPLES[reach], least: 20, drop: 2 },
      { title: 'Attempts', value: ({ attempts }) => attempts, right: true },
      { title: 'Reached', value: reachedText, paint: paintRow },
      { title: 'What the cell did', value: answersText, least: 20, drop: 1 },
    ],
    width,
    out.bold,
  );
}

function markOf({ reached, notPromised }: ReachSummary): string {
  if (reached.length > 0) return '✗';
  return notPromised.length > 0 ? '–' : '✓';
}

function paintRow(cell: string, { reached, notPromised }: ReachSummary): string {
  if (reached.length > 0) return out.red(cell);
  return notPromised.length > 0 ? out.yellow(cell) : out.green(cell);
}

function reachedText({ reached, notPromised }: ReachSummary): string {
  const parts = [
    ...(reached.length > 0 ? [`${reached.length} REACHED`] : []),
    ...(notPromised.length > 0 ? [`${notPromised.length} not promised`] : []),
  ];
  return parts.join(', ') || 'nothing';
}

function answersText({ answers }: ReachSummary): string {
  return answers
    .slice(0, 3)
    .map(({ answer }) => answer)
    .join(', ');
}

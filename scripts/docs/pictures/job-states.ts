import { JOB_STATUSES } from '../../../src/contract/common.ts';
import { OPEN_STATUSES } from '../../../src/jobs/rows.ts';
import { arrow, box, label, svg } from './svg.ts';

type Status = (typeof JOB_STATUSES)[number];

/** Position and meaning of each state. The type requires every state. */
const STATES: Record<Status, { at: readonly [number, number]; lines: readonly string[] }> = {
  pending: { at: [40, 150], lines: ['waits for a slot, an upload,', 'children, deliveries, a review'] },
  processing: { at: [370, 150], lines: ['a worker has the job', 'as a lease of 30 seconds'] },
  completed: { at: [700, 40], lines: ['every output is stored,', 'and every delivery has ended'] },
  failed: { at: [700, 160], lines: ['final failure, or three', 'failed attempts'] },
  canceled: { at: [700, 280], lines: ['by you, at any time'] },
};
const SIZE = [220, 90] as const;

/** The transitions between states, with their reasons. */
export const TRANSITIONS: readonly {
  from: Status;
  to: Status;
  path: string;
  at: readonly [number, number];
  why: string;
}[] = [
  { from: 'pending', to: 'processing', path: 'M260 175H368', at: [314, 166], why: 'claim' },
  { from: 'processing', to: 'pending', path: 'M370 215H262', at: [316, 234], why: 'retry, release' },
  { from: 'processing', to: 'completed', path: 'M590 175H645V85H698', at: [652, 130], why: '' },
  { from: 'processing', to: 'failed', path: 'M590 205H698', at: [644, 198], why: '' },
  { from: 'processing', to: 'canceled', path: 'M480 240V325H698', at: [590, 316], why: 'cancel' },
  { from: 'pending', to: 'canceled', path: 'M150 240V345H698', at: [314, 336], why: 'cancel' },
  { from: 'pending', to: 'failed', path: '', at: [150, 140], why: 'expired' },
];

/** Returns a picture for docs/architecture.md: the states of jobs, from the contract. */
export function jobStatesPicture(): string {
  const isOpen = (status: Status) => (OPEN_STATUSES as readonly string[]).includes(status);
  return svg({
    title: 'States of a job',
    description:
      'A job is pending, then processing, then completed, failed or canceled. A retry, a release or the start of its deliveries returns it to pending. The end of the last delivery completes it. A pending job fails if it waits longer than allowed. Final states never change.',
    width: 960,
    height: 400,
    parts: [
      ...JOB_STATUSES.map((status) => {
        const { at, lines } = STATES[status];
        return box(isOpen(status) ? 'cell' : 'box', [...at, ...SIZE], status, ...lines);
      }),
      ...TRANSITIONS.filter(({ path }) => path).map(({ path }) => arrow(path)),
      ...TRANSITIONS.filter(({ why, path }) => why && path).map(({ at, why }) => label(at, why, 'middle')),
      arrow('M150 150V20H940V205H922'),
      label([420, 42], 'waited longer than AIRLOCK_STORAGE_WAIT or AIRLOCK_REVIEW_WAIT', 'middle'),
    ],
  });
}

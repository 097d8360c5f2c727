import * as z from 'zod';
import { JOB_STATUSES, timestamp } from '../../../src/contract/common.ts';
import { output } from '../../../src/contract/outputs.ts';
import { openColumn } from '../../../src/database/sealed-columns.ts';
import { getJob, outputsOf } from '../../../src/jobs/read.ts';
import type { Job, JobOutput } from '../../../src/jobs/rows.ts';
import { shownStatus } from '../../../src/jobs/shown-status.ts';
import type { ShownKind, ViewContext } from '../../../src/kinds/kind.ts';
import { viewOutputs } from '../../../src/kinds/view-outputs.ts';

const create = z
  .object({ text: z.string().min(1).max(100), webhook_url: z.string().optional() })
  .meta({ id: 'ToyRequest', description: 'A text to reverse.' });
export type ToyRequest = z.infer<typeof create>;

const item = z
  .object({
    id: z.uuid(),
    // Only this kind has the status `collecting`: child jobs are reversing the parts of the text.
    status: z.enum([...JOB_STATUSES, 'collecting']),
    created_at: timestamp,
    completed_at: timestamp.nullable(),
  })
  .meta({ id: 'ToyItem', description: 'A toy in a list.' });
const job = item
  .extend({
    text: z.string().nullable(),
    outputs: z.array(output),
  })
  .meta({ id: 'Toy', description: 'A toy.' });
type Item = z.infer<typeof item>;
type View = z.infer<typeof job>;

const viewItem = (row: Job): Item => ({
  id: row.id,
  status: row.awaiting === 'children' ? 'collecting' : shownStatus(row),
  created_at: row.created_at.toISOString(),
  completed_at: row.completed_at?.toISOString() ?? null,
});

const view = (
  { vault, store }: Pick<ViewContext, 'vault' | 'store'>,
  row: Job,
  outputs: readonly JobOutput[],
): View => ({
  ...viewItem(row),
  text: openColumn(vault, 'jobs', 'request_sealed', row),
  outputs: viewOutputs(vault, outputs, { bucket: store.bucket, jobId: row.id }),
});

export const shown = {
  path: 'toys',
  description: 'Reversed texts.',
  operation: 'Toy',
  nouns: { one: 'toy', many: 'toys' },
  schemas: { create, job, item },
  schemaPrefix: 'Toy',
  examples: { ToyRequest: { text: 'live' } },
  toRequest: ({ body }): ToyRequest => body as ToyRequest,
  viewSubmitted: (context, submitted) => view(context, submitted.job, []),
  async read(context, accountId, id) {
    const row = await getJob(context.db, accountId, 'toy', id);
    return view(context, row, await outputsOf(context.db, [id]));
  },
  async list({ db }, accountId, ids) {
    const rows = await db
      .selectFrom('jobs')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('kind', '=', 'toy')
      .where('id', 'in', [...ids])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute();
    return rows.map(viewItem);
  },
} satisfies ShownKind<ToyRequest>;

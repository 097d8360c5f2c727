import { JOB_STATUSES } from '../../contract/common.ts';
import type { KindList } from '../../contract/jobs.ts';

const kindList: KindList = {
  items: [
    {
      name: 'transcode',
      path: 'transcodes',
      noun: { one: 'job', many: 'jobs' },
      statuses: [...JOB_STATUSES],
      events: ['transcode.queued', 'transcode.started', 'transcode.completed'],
    },
  ],
};

/** Examples of kinds of jobs, by the name of their schema. */
export const KIND_EXAMPLES: Readonly<Record<string, unknown>> = { KindList: kindList };

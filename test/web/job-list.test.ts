import { describe, expect, it } from 'vitest';
import type { JobListItem } from '../../src/contract/transcodes.ts';
import { JobList, PAGE_JOBS } from '../../web/src/state/job-list.ts';

/** A server with jobs from `newest` down to 0, whose ids are their numbers. */
function server(count: number, statusOf: (id: number) => string = () => 'completed') {
  const state = { count, pages: [] as number[] };
  const load = async (page: number) => {
    state.pages.push(page);
    const first = state.count - 1 - (page - 1) * PAGE_JOBS;
    const ids = Array.from({ length: Math.min(PAGE_JOBS, first + 1) }, (_, index) => first - index);
    const items = ids.map((id) => ({ id: String(id), status: statusOf(id) }) as JobListItem);
    return { items, total: state.count };
  };
  return { state, load };
}

describe('the list of jobs', () => {
  it('loads only the visible pages', async () => {
    const { state, load } = server(10_000);
    const list = new JobList(load, null);
    await list.refresh();
    await list.show(5000, 5020);
    expect([list.total, state.pages]).toEqual([10_000, [1, 51]]);
    expect([list.at(0)?.id, list.at(5000)?.id, list.at(300)]).toEqual(['9999', '4999', undefined]);
  });

  it('shows new jobs on top and keeps the order of the others', async () => {
    const { state, load } = server(300);
    const list = new JobList(load, null);
    await list.refresh();
    await list.show(100, 199);
    state.count = 303;
    expect(list.apply([{ type: 'transcode.queued', data: { job_id: '302' } }])).toBe(true);
    await list.refresh();
    expect([0, 3, 150].map((index) => list.at(index)?.id)).toEqual(['302', '299', '152']);
    expect(list.at(250)).toBeUndefined();
  });

  it('starts over when there are more new jobs than fit on a page', async () => {
    const { state, load } = server(300);
    const list = new JobList(load, null);
    await list.refresh();
    await list.show(100, 299);
    state.count = 700;
    await list.refresh();
    expect([list.total, list.at(0)?.id, list.at(400)]).toEqual([700, '699', undefined]);
  });

  it('follows progress and ends, and drops a job that no longer has the status of the list', async () => {
    const { load } = server(3, () => 'processing');
    const list = new JobList(load, 'processing');
    await list.refresh();
    const progress = { job_id: '1', progress: 0.5, fps: 30, speed: 2, eta_seconds: 9 };
    expect(list.apply([{ type: 'transcode.progress', data: progress }])).toBe(false);
    expect(list.at(1)).toMatchObject({ progress: 0.5, speed: 2 });
    expect(list.apply([{ type: 'transcode.failed', data: { job_id: '1', job: { id: '1', status: 'failed' } } }])).toBe(
      true,
    );
    expect(list.at(1)?.status).toBe('failed');
  });
});

import { describe, expect, it } from 'vitest';
import type { ListedJob } from '../../web/src/lib/job.ts';
import { JobList, PAGE_JOBS } from '../../web/src/state/job-list.ts';
import { collectionOf } from '../../web/src/state/kinds.ts';

/** Simulates a server with jobs from `count - 1` down to 0. Their ids are their numbers, which are also the cursors of pages. */
function server(count: number, statusOf: (id: number) => string = () => 'completed') {
  const state = { count, pages: [] as (string | null)[] };
  const load = async (after: string | null) => {
    state.pages.push(after);
    const first = (after === null ? state.count : Number(after)) - 1;
    const ids = Array.from({ length: Math.min(PAGE_JOBS, first + 1) }, (_, index) => first - index);
    const items = ids.map((id) => ({ id: String(id), kind: 'toy', status: statusOf(id) }) as ListedJob);
    const last = ids.at(-1) ?? 0;
    return { items, total: state.count, next: last > 0 ? String(last) : null };
  };
  return { state, load };
}

describe('the list of jobs', () => {
  it('loads the pages down to the visible jobs, and each page once', async () => {
    const { state, load } = server(10_000);
    const list = new JobList(load, null);
    await list.refresh();
    await Promise.all([list.show(220), list.show(240)]);
    expect([list.total, state.pages]).toEqual([10_000, [null, '9900', '9800']]);
    expect([list.at(0)?.id, list.at(240)?.id, list.at(300)]).toEqual(['9999', '9759', undefined]);
  });

  it('shows new jobs on top and keeps the order of the others', async () => {
    const { state, load } = server(300);
    const list = new JobList(load, null);
    await list.refresh();
    await list.show(150);
    state.count = 303;
    expect(list.apply([{ type: 'toy.queued', data: { job_id: '302' } }])).toBe(true);
    await list.refresh();
    expect([0, 3, 150].map((index) => list.at(index)?.id)).toEqual(['302', '299', '152']);
    expect(list.at(250)).toBeUndefined();
    await list.show(302);
    expect([list.loaded().length, list.at(302)?.id]).toEqual([303, '0']);
  });

  it('is read again when a job waits for another attempt, because the event does not describe the attempt', async () => {
    const list = new JobList(server(3).load, null);
    await list.refresh();
    expect(list.apply([{ type: 'toy.progress', data: { job_id: '2', progress: 0.5 } }])).toBe(false);
    expect(list.apply([{ type: 'toy.retrying', data: { job_id: '2' } }])).toBe(true);
  });

  it('is loaded again if there are more new jobs than fit on a page', async () => {
    const { state, load } = server(300);
    const list = new JobList(load, null);
    await list.refresh();
    await list.show(299);
    state.count = 700;
    await list.refresh();
    expect([list.total, list.at(0)?.id, list.at(400)]).toEqual([700, '699', undefined]);
  });

  it('follows the progress and the ends of jobs of every kind, and drops a job that no longer has the status of the list', async () => {
    const { state, load } = server(3, (id) => (id === 1 && state.pages.length > 1 ? 'failed' : 'processing'));
    const list = new JobList(load, 'processing');
    await list.refresh();
    const progress = { job_id: '1', progress: 0.5, fps: 30, speed: 2, eta_seconds: 9 };
    expect(list.apply([{ type: 'transcode.progress', data: progress }])).toBe(false);
    expect(list.at(1)).toMatchObject({ progress: 0.5, speed: 2 });
    expect(list.apply([{ type: 'toy.failed', data: { job_id: '1', job: { id: '1', status: 'failed' } } }])).toBe(true);
    expect(list.at(1)).toMatchObject({ kind: 'toy', status: 'failed' });
  });
});

describe('the filter by kind', () => {
  it.each([
    ['transcodes', 'jobs', 'transcodes'],
    ['blueprints/runs', 'runs', 'blueprints'],
    ['transcribe', 'transcriptions', 'transcriptions'],
  ])('calls the jobs of the path %s with the noun %s: %s', (path, many, name) => {
    expect(collectionOf({ path, noun: { one: '', many } })).toBe(name);
  });
});

import { useEffect, useMemo, useState } from 'preact/hooks';
import { may } from '../api/session-state.ts';
import { countText } from '../lib/format.ts';
import { capitalized, type ListedJob } from '../lib/job.ts';
import { blueprintTitle } from '../state/blueprint-titles.ts';
import type { JobList } from '../state/job-list.ts';
import { openJobs } from '../state/jobs.ts';
import { collectionOf, kinds } from '../state/kinds.ts';
import { LinkButton } from '../ui/button.tsx';
import { Empty, ErrorNotice, Skeleton } from '../ui/feedback.tsx';
import { Choice, Select } from '../ui/field.tsx';
import { Page } from '../ui/page.tsx';
import { VirtualList } from '../ui/virtual-list.tsx';
import { JobRow, JobsHead, listedName, ROW_HEIGHT } from './jobs/row.tsx';

const FILTERS = [
  ['', 'All'],
  ['pending', 'Queued'],
  ['processing', 'Running'],
  ['completed', 'Completed'],
  ['failed', 'Failed'],
  ['canceled', 'Canceled'],
] as const;

export function JobsPage() {
  const [status, setStatus] = useState<(typeof FILTERS)[number][0]>('');
  const [kind, setKind] = useState('');
  const [words, setWords] = useState('');
  const [list, setList] = useState<JobList | null>(null);
  useEffect(() => {
    const opened = openJobs({ status: status || null, kind: kind || null });
    setList(opened.list);
    return opened.close;
  }, [status, kind]);
  // Reading this value draws the page again after every change of the list.
  const version = list?.version.value ?? 0;
  const total = list?.total ?? null;
  return (
    <Page
      title="Jobs"
      lead={total === null ? ' ' : `${countText(total)} ${total === 1 ? 'job' : 'jobs'}, newest first`}
      actions={
        may('create') && (
          <LinkButton href="/new" icon="plus" look="main-action">
            New job
          </LinkButton>
        )
      }
    >
      <div class="toolbar">
        <Choice label="Status" value={status} choices={FILTERS} onChange={setStatus} />
        <KindFilter value={kind} onChange={setKind} />
        <div class="search">
          <input
            class="input"
            type="search"
            placeholder="Name, format or ID"
            aria-label="Search jobs"
            value={words}
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        </div>
      </div>
      {list?.error.value && <ErrorNotice error={list.error.value} onRetry={() => void list.refresh()} />}
      {list && (
        <Jobs
          list={list}
          version={version}
          words={words.trim().toLowerCase()}
          isFiltered={status !== '' || kind !== ''}
        />
      )}
    </Page>
  );
}

/** A filter by kind. Shows nothing if there is only one kind. */
function KindFilter({ value, onChange }: { value: string; onChange: (kind: string) => void }) {
  if (kinds.value.length < 2) return null;
  const choices = kinds.value.map((kind) => [kind.name, capitalized(collectionOf(kind))] as const);
  return <Select label="Kind" value={value} choices={[['', 'All kinds'], ...choices]} onChange={onChange} />;
}

interface JobsProps {
  list: JobList;
  version: number;
  words: string;
  isFiltered: boolean;
}

function Jobs({ list, version, words, isFiltered }: JobsProps) {
  useEffect(() => {
    if (words === '') return;
    const unmount = new AbortController();
    void list.show(Number.POSITIVE_INFINITY, unmount.signal);
    return () => unmount.abort();
  }, [list, words]);
  const found = useMemo(
    () => (words === '' ? null : list.loaded().filter((job) => textOf(job).includes(words))),
    [list, version, words],
  );
  const { total } = list;
  if (total === null) {
    return list.error.value ? null : (
      <div class="card card-body">
        <Skeleton lines={6} />
      </div>
    );
  }
  if (total === 0) return isFiltered ? <NothingHere /> : <NoJobs />;
  const searched = list.loaded().length;
  return (
    <>
      <p class="hidden-text" role="status">
        {found && `${found.length} of ${searched} jobs match.`}
      </p>
      {found && searched < total && (
        <p class="muted small">
          Searched {countText(searched)} of {countText(total)} jobs…
        </p>
      )}
      {found?.length === 0 && searched >= total ? (
        <Empty icon="search" title="No job matches">
          <p>Try another word or another status.</p>
        </Empty>
      ) : (
        <div class="card jobs">
          <VirtualList
            label="Jobs"
            count={found?.length ?? total}
            rowHeight={ROW_HEIGHT}
            head={<JobsHead />}
            row={(index) => <JobRow job={found ? found[index] : list.at(index)} />}
            onShow={(_, last) => {
              if (!found) void list.show(last);
            }}
          />
        </div>
      )}
    </>
  );
}

function NoJobs() {
  return (
    <div class="card">
      <Empty icon="play" title="No jobs yet">
        <p>Drop a video on the next page, or send a request with a key. Jobs appear here as soon as you create them.</p>
        <div class="actions">
          {may('create') && (
            <LinkButton href="/new" icon="plus" look="main-action">
              New job
            </LinkButton>
          )}
          {may('manage') && (
            <LinkButton href="/keys" icon="key">
              Create a key
            </LinkButton>
          )}
        </div>
      </Empty>
    </div>
  );
}

function NothingHere() {
  return (
    <div class="card">
      <Empty icon="circle" title="No jobs match the filter" />
    </div>
  );
}

function textOf(job: ListedJob): string {
  const formats = (job.outputs ?? []).map(({ name, format }) => `${name} ${format}`);
  const blueprint = job.blueprint === undefined ? '' : blueprintTitle(job.blueprint);
  return [listedName(job), blueprint, job.output_format, ...formats, job.id, job.error_code].join(' ').toLowerCase();
}

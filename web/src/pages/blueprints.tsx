import type { BlueprintInfo, BlueprintRunItem } from '../../../src/contract/blueprints.ts';
import { jobName, stateOf } from '../lib/job.ts';
import { Badge, ErrorNotice, Skeleton } from '../ui/feedback.tsx';
import { Card, Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { Ago } from '../ui/time.tsx';
import { pictureOf } from './blueprints/pictures.ts';

const RECENT = '/v1/blueprints/runs?limit=10';

export function BlueprintsPage() {
  const { data, error, reload } = useResource<{ items: BlueprintInfo[] }>('/v1/blueprints');
  const runs = useResource<{ items: BlueprintRunItem[] }>(RECENT);
  return (
    <Page title="Blueprints" lead="Ready-made recipes for videos. Choose a blueprint and add your files.">
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={8} />}
      {data && (
        <ul class="blueprints">
          {data.items.map((blueprint) => (
            <BlueprintCard key={blueprint.slug} blueprint={blueprint} />
          ))}
        </ul>
      )}
      {data && runs.data && runs.data.items.length > 0 && <Recent runs={runs.data.items} all={data.items} />}
    </Page>
  );
}

function BlueprintCard({ blueprint: { slug, title, description, available } }: { blueprint: BlueprintInfo }) {
  const picture = pictureOf(slug);
  return (
    <li class="card">
      {picture && <img src={picture} alt="" loading="lazy" />}
      <div class="card-body">
        <h2>{available ? <a href={`/blueprints/${slug}`}>{title}</a> : title}</h2>
        <p class="muted small">{description}</p>
        {!available && (
          <p>
            <Badge tone="">Not available</Badge>
          </p>
        )}
      </div>
    </li>
  );
}

function Recent({ runs, all }: { runs: readonly BlueprintRunItem[]; all: readonly BlueprintInfo[] }) {
  const titleOf = (slug: string) => all.find((one) => one.slug === slug)?.title ?? slug;
  return (
    <Card title="Recent runs" flush>
      <table class="table stacked">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Blueprint</th>
            <th scope="col">Status</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.id} run={run} title={titleOf(run.blueprint)} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function RunRow({ run, title }: { run: BlueprintRunItem; title: string }) {
  const { text, tone } = stateOf(run);
  return (
    <tr>
      <th scope="row" class="wrap-anywhere">
        <a href={`/jobs/blueprints/runs/${run.id}`}>{jobName(run, title)}</a>
      </th>
      <td data-label="Blueprint">{title}</td>
      <td data-label="Status">
        <Badge tone={tone}>{text}</Badge>
      </td>
      <td data-label="Created">
        <Ago at={run.created_at} />
      </td>
    </tr>
  );
}

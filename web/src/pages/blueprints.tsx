import type { BlueprintInfo, BlueprintRunItem } from '../../../src/contract/blueprints.ts';
import { statusText, statusTone } from '../lib/job.ts';
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
            <th scope="col">Status</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {runs.map(({ id, blueprint, status, created_at }) => (
            <tr key={id}>
              <th scope="row">
                <a href={`/jobs/blueprints/runs/${id}`}>
                  {titleOf(blueprint)} <span class="mono">{id.slice(-8)}</span>
                </a>
              </th>
              <td data-label="Status">
                <Badge tone={statusTone(status)}>{statusText(status)}</Badge>
              </td>
              <td data-label="Created">
                <Ago at={created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

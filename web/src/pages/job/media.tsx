import { useState } from 'preact/hooks';
import { formatKind, type OutputFormat } from '../../../../src/contract/formats.ts';
import type { Job } from '../../../../src/contract/transcodes.ts';
import { get } from '../../api/client.ts';
import { bytesText } from '../../lib/format.ts';
import { jobName } from '../../lib/job.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNotice, Skeleton } from '../../ui/feedback.tsx';
import { Card } from '../../ui/page.tsx';
import { useResource } from '../../ui/resource.ts';
import { Files } from './files.tsx';

/** Milliseconds after which a link is renewed before it is used: it ends after ten minutes. */
const LINK_MS = 9 * 60_000;

/** The path of a link to an output. */
export function downloadPath(job: Job, output: Job['outputs'][number] | undefined): string {
  const query = output && job.outputs.length > 1 ? `?output=${encodeURIComponent(output.name)}` : '';
  return `/v1/transcodes/${job.id}/download${query}`;
}

/** The first output: a list of its files, or the file, played or shown from its signed link, which no log of the API has. */
export function Result({ job }: { job: Job }) {
  const files = job.outputs[0]?.files ?? 1;
  return files === 1 ? <Media job={job} /> : <Files jobId={job.id} total={files} />;
}

function Media({ job }: { job: Job }) {
  const output = job.outputs[0];
  const path = downloadPath(job, output);
  const { data, error, reload } = useResource<{ url: string }>(path);
  const [since] = useState(Date.now);
  const [isUnplayable, setUnplayable] = useState(false);
  const download = async () => {
    const url = data && Date.now() - since < LINK_MS ? data.url : (await get<{ url: string }>(path)).url;
    location.assign(url);
  };
  return (
    <Card
      title="Result"
      tools={
        <Button icon="download" look="main-action" compact onClick={download}>
          Download {output && bytesText(output.size)}
        </Button>
      }
    >
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={4} />}
      {data && !isUnplayable && <Player job={job} url={data.url} onUnplayable={() => setUnplayable(true)} />}
      {isUnplayable && (
        <p class="muted">This browser cannot play {job.output_format}. Download the file to play it elsewhere.</p>
      )}
    </Card>
  );
}

function Player({ job, url, onUnplayable }: { job: Job; url: string; onUnplayable: () => void }) {
  const kind = formatKind(job.output_format as OutputFormat);
  const label = `Result of ${jobName(job)}`;
  if (kind === 'image') return <img class="media" src={url} alt={label} onError={onUnplayable} />;
  // biome-ignore lint/a11y/useMediaCaption: whether there are subtitles is up to the file
  if (kind === 'audio') return <audio class="media" controls src={url} aria-label={label} onError={onUnplayable} />;
  return (
    // biome-ignore lint/a11y/useMediaCaption: whether there are subtitles is up to the file
    <video class="media" controls playsInline preload="metadata" src={url} aria-label={label} onError={onUnplayable} />
  );
}

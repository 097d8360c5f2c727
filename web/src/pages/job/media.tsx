import { useState } from 'preact/hooks';
import { formatKind, OUTPUT_FORMATS, type OutputFormat } from '../../../../src/contract/formats.ts';
import { get } from '../../api/client.ts';
import { bytesText } from '../../lib/format.ts';
import type { AnyJob } from '../../lib/job.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNotice, Skeleton } from '../../ui/feedback.tsx';
import { Card } from '../../ui/page.tsx';
import { useResource } from '../../ui/resource.ts';
import { downloadPath, type Output } from './download-path.ts';
import { isPicture } from './gallery.tsx';

/** Maximum age, in milliseconds, of a link that is used without being renewed. A link expires after ten minutes. */
const LINK_MS = 9 * 60_000;

interface MediaProps {
  output: Output;
  /** The path of the output's download. */
  path: string;
  /** Name of the job. */
  name: string;
}

/** Returns the output that the page plays or shows largest: the first video or sound, otherwise the only output if it is a picture. */
export function mainOutput({ outputs = [] }: AnyJob): Output | undefined {
  const media = outputs.filter(isMedia);
  const played = media.find((output) => !isPicture(output));
  return played ?? (media.length === 1 && outputs.length === 1 ? media[0] : undefined);
}

/** The main output, played or shown from its signed link. No log of the API contains the link. */
export function Result({ job, url, name }: { job: AnyJob; url: string; name: string }) {
  const { outputs = [] } = job;
  const output = mainOutput(job);
  if (!output) return null;
  return <Media key={output.name} output={output} path={downloadPath(url, outputs, output)} name={name} />;
}

function isMedia({ status, files, format }: Output): boolean {
  return status === 'completed' && files === 1 && (OUTPUT_FORMATS as readonly string[]).includes(format);
}

function Media({ output, path, name }: MediaProps) {
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
          Download {bytesText(output.size)}
        </Button>
      }
    >
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={4} />}
      {data && !isUnplayable && (
        <Player format={output.format} name={name} url={data.url} onUnplayable={() => setUnplayable(true)} />
      )}
      {isUnplayable && (
        <p class="muted">This browser cannot play {output.format}. Download the file to play it elsewhere.</p>
      )}
    </Card>
  );
}

interface PlayerProps {
  format: string;
  name: string;
  url: string;
  onUnplayable: () => void;
}

function Player({ format, name, url, onUnplayable }: PlayerProps) {
  const kind = formatKind(format as OutputFormat);
  const label = `Result of ${name}`;
  if (kind === 'image') return <img class="media" src={url} alt={label} onError={onUnplayable} />;
  // biome-ignore lint/a11y/useMediaCaption: whether there are subtitles is up to the file
  if (kind === 'audio') return <audio class="media" controls src={url} aria-label={label} onError={onUnplayable} />;
  return (
    // biome-ignore lint/a11y/useMediaCaption: whether there are subtitles is up to the file
    <video class="media" controls playsInline preload="metadata" src={url} aria-label={label} onError={onUnplayable} />
  );
}

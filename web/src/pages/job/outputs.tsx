import { useState } from 'preact/hooks';
import { get } from '../../api/client.ts';
import { bytesText, countText, durationText } from '../../lib/format.ts';
import { type AnyJob, capitalized, isOver } from '../../lib/job.ts';
import { Button } from '../../ui/button.tsx';
import { Badge, type Tone } from '../../ui/feedback.tsx';
import { Card } from '../../ui/page.tsx';
import { TableHead } from '../../ui/table-head.tsx';
import { DeliveryNote } from './delivery.tsx';
import { downloadPath, type Output } from './download-path.ts';
import { Files } from './files.tsx';
import { QualityNote } from './quality.tsx';

const STATUS: Record<Output['status'], [text: string, tone: Tone]> = {
  pending: ['Not ready', ''],
  completed: ['Ready', 'ok'],
  failed: ['Failed', 'bad'],
};

interface OutputsProps {
  job: AnyJob;
  /** The path of the job. */
  url: string;
  isErased: boolean;
  /** Called when the job has changed and must be read again. */
  onChange: () => void;
}

/** Every output with its facts and its download. An output with many files also shows these files. */
export function Outputs({ job, url, isErased, onChange }: OutputsProps) {
  const [opened, setOpened] = useState<string | null>(null);
  const { outputs = [] } = job;
  if (outputs.length === 0) return null;
  const tree = outputs.find(({ name, files }) => name === opened && files !== null);
  return (
    <>
      <Card title="Outputs" flush>
        <table class="table stacked">
          <TableHead columns={['Output', 'Status', 'Size', 'Contents', 'Download']} />
          <tbody>
            {outputs.map((output) => (
              <OutputRow
                key={output.name}
                output={output}
                path={downloadPath(url, outputs, output)}
                url={isErased || !isOver(job) ? null : url}
                onChange={onChange}
                isErased={isErased}
                isOpen={output.name === opened}
                onFiles={() => setOpened(output.name === opened ? null : output.name)}
              />
            ))}
          </tbody>
        </table>
      </Card>
      {tree && !isErased && (
        <Files key={tree.name} url={url} output={tree.name} total={tree.files!} isOnly={outputs.length === 1} />
      )}
    </>
  );
}

interface RowProps {
  output: Output;
  /** The path of the output's download. */
  path: string;
  /** The path of the job; null if its outputs cannot be delivered again, because the job is not over or was erased. */
  url: string | null;
  onChange: () => void;
  isErased: boolean;
  isOpen: boolean;
  onFiles: () => void;
}

function OutputRow({ output, path, url, onChange, isErased, isOpen, onFiles }: RowProps) {
  const { name, role, format, status, files, size } = output;
  const [text, tone] = STATUS[status];
  const download = async () => location.assign((await get<{ url: string }>(path)).url);
  const isReady = status === 'completed' && !isErased;
  const about = [role === 'media' ? null : capitalized(role), name === format ? null : format].filter(Boolean);
  return (
    <tr>
      <th scope="row">
        {name}
        {about.length > 0 && <div class="muted small">{about.join(' · ')}</div>}
      </th>
      <td data-label="Status">{isErased ? <Badge tone="">Deleted</Badge> : <Badge tone={tone}>{text}</Badge>}</td>
      <td data-label="Size">
        <span class="nowrap">{bytesText(size)}</span>
        {files !== null && files > 1 && <span class="muted"> in {countText(files)} files</span>}
      </td>
      <td data-label="Contents">
        {contentsOf(output) || '–'}
        {copiedText(output)}
        <QualityNote output={output} />
        <DeliveryNote output={output} url={url} onChange={onChange} />
      </td>
      <td data-label="Download">
        {isReady && (
          <span class="actions">
            <Button
              icon="download"
              compact
              label={files === 1 ? `Download ${name}` : `Download ${name} as a zip`}
              onClick={download}
            >
              {files === 1 ? 'Download' : 'Zip'}
            </Button>
            {files !== null && files > 1 && (
              <Button
                icon="file"
                compact
                label={isOpen ? `Hide files of ${name}` : `Show files of ${name}`}
                onClick={onFiles}
              >
                {isOpen ? 'Hide files' : 'Files'}
              </Button>
            )}
          </span>
        )}
        {status === 'failed' && <Fault output={output} />}
        {!isReady && status !== 'failed' && '–'}
      </td>
    </tr>
  );
}

function Fault({ output: { error_code, error_message } }: { output: Output }) {
  if (error_code === null) return <>–</>;
  return (
    <>
      {error_message && <span>{error_message} </span>}
      <a href={`/docs/failures#${error_code}`}>
        <code>{error_code}</code>
      </a>
    </>
  );
}

function contentsOf({ width, height, duration_seconds, video_codec, audio_codec }: Output): string {
  const parts = [
    width !== null && `${width}×${height}`,
    duration_seconds !== null && durationText(duration_seconds),
    [video_codec, audio_codec].filter(Boolean).join(', '),
  ];
  // A row ends only after a dot, never inside a fact such as `4.0 s`.
  return parts
    .filter(Boolean)
    .join(' · ')
    .replaceAll(/(?<!·) /g, '\u00a0');
}

function copiedText({ plan }: Output) {
  const copied = [plan?.video?.mode === 'copied' && 'video', plan?.audio?.mode === 'copied' && 'sound'].filter(Boolean);
  return copied.length > 0 && <span class="muted"> ({copied.join(' and ')} copied)</span>;
}

import type { JobDetails } from '../../../../src/contract/job-details.ts';
import type { ProbedStream } from '../../../../src/contract/probe.ts';
import type { Job } from '../../../../src/contract/transcodes.ts';
import { get } from '../../api/client.ts';
import { bitsText, bytesText, durationText } from '../../lib/format.ts';
import { formatText, isErased, runSeconds } from '../../lib/job.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { Card } from '../../ui/page.tsx';
import { Ago } from '../../ui/time.tsx';
import { downloadPath } from './media.tsx';

export function Outputs({ job }: { job: Job }) {
  if (job.outputs.length === 0) return null;
  const several = job.outputs.length > 1;
  return (
    <Card title="Outputs" flush>
      <table class="table stacked">
        <thead>
          <tr>
            <th scope="col">{several ? 'Output' : 'Format'}</th>
            <th scope="col">Size</th>
            <th scope="col">Duration</th>
            <th scope="col">Picture</th>
            <th scope="col">Codecs</th>
            {several && <th scope="col">File</th>}
          </tr>
        </thead>
        <tbody>
          {job.outputs.map((output) => (
            <tr key={output.name}>
              <th scope="row">{several ? output.name : output.format}</th>
              <td data-label="Size">{bytesText(output.size)}</td>
              <td data-label="Duration">{durationText(output.duration_seconds)}</td>
              <td data-label="Picture">{output.width === null ? '–' : `${output.width}×${output.height}`}</td>
              <td data-label="Codecs">
                {[output.video_codec, output.audio_codec].filter(Boolean).join(', ') || '–'}
                {copiedText(output)}
              </td>
              {several && (
                <td data-label="File">
                  <OutputFile job={job} output={output} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

/** A link to an output of several, or why there is none. */
function OutputFile({ job, output }: { job: Job; output: Job['outputs'][number] }) {
  if (isErased(job)) return <span class="muted">Deleted</span>;
  if (output.status === 'pending') return <span class="muted">Not made yet</span>;
  if (output.status === 'failed')
    return <span title={output.error_message ?? undefined}>{output.error_code ?? 'Failed'}</span>;
  const download = async () => location.assign((await get<{ url: string }>(downloadPath(job, output))).url);
  return (
    <Button icon="download" compact onClick={download}>
      Download {output.name}
    </Button>
  );
}

function copiedText({ plan }: Job['outputs'][number]) {
  const copied = [plan?.video?.mode === 'copied' && 'video', plan?.audio?.mode === 'copied' && 'sound'].filter(Boolean);
  return copied.length > 0 && <span class="muted"> ({copied.join(' and ')} copied)</span>;
}

/** What every input contains, stream by stream. */
export function Inputs({ job, details }: { job: Job; details: JobDetails | undefined }) {
  return (
    <>
      {job.inputs.map((input, index) => (
        <Card key={index} title={job.inputs.length > 1 ? `Input ${index + 1}` : 'Input'} flush>
          <dl class="facts card-body">
            <dt>Source</dt>
            <dd>{input.url ?? 'Deleted'}</dd>
            <dt>Container</dt>
            <dd>
              {formatText(input.format)}
              {input.container === 'rewritten' && <span class="muted"> · remuxed before FFmpeg read it</span>}
            </dd>
            <dt>Size</dt>
            <dd>
              {bytesText(input.size)} · {durationText(input.duration)}
            </dd>
          </dl>
          <Streams streams={details?.inputs[index]?.streams ?? []} />
        </Card>
      ))}
    </>
  );
}

function Streams({ streams }: { streams: readonly ProbedStream[] }) {
  if (streams.length === 0) return null;
  return (
    <table class="table stacked">
      <thead>
        <tr>
          <th scope="col">Stream</th>
          <th scope="col">Codec</th>
          <th scope="col">Properties</th>
          <th scope="col">Bit rate</th>
        </tr>
      </thead>
      <tbody>
        {streams.map((stream) => (
          <tr key={stream.index}>
            <th scope="row">
              {stream.index} · {stream.type}
            </th>
            <td data-label="Codec">
              {stream.codec}
              {stream.profile && <span class="muted"> {stream.profile}</span>}
            </td>
            <td data-label="Properties">{propertiesOf(stream)}</td>
            <td data-label="Bit rate">{bitsText(stream.bit_rate)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function propertiesOf(stream: ProbedStream): string {
  const parts =
    stream.type === 'video'
      ? [
          `${stream.display_width}×${stream.display_height}`,
          stream.fps && `${Math.round(stream.fps * 100) / 100} fps`,
          stream.pixel_format,
          stream.is_hdr && 'HDR',
          stream.rotation ? `rotated ${stream.rotation}°` : null,
          stream.is_interlaced && 'interlaced',
        ]
      : [
          stream.sample_rate && `${stream.sample_rate / 1000} kHz`,
          stream.channels && `${stream.channels} ${stream.channels === 1 ? 'channel' : 'channels'}`,
          stream.language,
        ];
  return parts.filter(Boolean).join(', ') || '–';
}

export function Facts({ job }: { job: Job }) {
  const { preset, source } = job.ffmpeg_options;
  const wishes = [preset?.quality, preset?.resolution].filter(Boolean).join(', ');
  return (
    <Card title="About">
      <dl class="facts">
        <dt>Format</dt>
        <dd>{job.output_format}</dd>
        <dt>Encoded by</dt>
        <dd>{source === 'preset' ? `preset ${wishes}` : source === 'raw_options' ? 'its own options' : 'defaults'}</dd>
        <dt>Created</dt>
        <dd>
          <Ago at={job.created_at} />
        </dd>
        <dt>Ran for</dt>
        <dd>{durationText(runSeconds(job))}</dd>
        <dt>Billed</dt>
        <dd>{job.billable_minutes === null ? '–' : `${job.billable_minutes} min`}</dd>
        {job.output_url && (
          <>
            <dt>Deleted</dt>
            <dd>
              <Ago at={job.expires_at} />
            </dd>
            <dt>As an input</dt>
            <dd class="facts-copy">
              <span class="mono">{job.output_url}</span>
              <CopyButton text={job.output_url} label="Copy URL" />
            </dd>
          </>
        )}
        {job.metadata.user && (
          <>
            <dt>Metadata</dt>
            <dd class="mono">{JSON.stringify(job.metadata.user)}</dd>
          </>
        )}
      </dl>
    </Card>
  );
}

import type { JobDetails } from '../../../../src/contract/job-details.ts';
import type { ProbedStream } from '../../../../src/contract/probe.ts';
import type { Job } from '../../../../src/contract/transcodes.ts';
import { bitsText, bytesText, durationText } from '../../lib/format.ts';
import { formatText } from '../../lib/job.ts';
import { Card } from '../../ui/page.tsx';

/** The contents of every input, stream by stream. */
export function Inputs({ job, details }: { job: Job; details: JobDetails | undefined }) {
  return (
    <>
      {job.inputs.map((input, index) => (
        <Card key={index} title={job.inputs.length > 1 ? `Input ${index + 1}` : 'Input'} flush>
          <dl class="facts card-body">
            <dt>Source</dt>
            <dd>{input.url ?? 'Deleted'}</dd>
            {input.format !== null && (
              <>
                <dt>Container</dt>
                <dd>
                  {formatText(input.format)}
                  {input.container === 'rewritten' && <span class="muted"> · remuxed before FFmpeg read it</span>}
                </dd>
              </>
            )}
            <Size {...input} />
          </dl>
          <Streams streams={details?.inputs[index]?.streams ?? []} />
        </Card>
      ))}
    </>
  );
}

/** The size and the duration of an input. Shows nothing if both are unknown. */
function Size({ size, duration }: Job['inputs'][number]) {
  const parts = [size !== null && bytesText(size), duration !== null && durationText(duration)].filter(Boolean);
  if (parts.length === 0) return null;
  return (
    <>
      <dt>Size</dt>
      <dd>{parts.join(' · ')}</dd>
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

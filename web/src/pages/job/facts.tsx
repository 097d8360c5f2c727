import type { ComponentChildren } from 'preact';
import { durationText, exactTime } from '../../lib/format.ts';
import { type AnyJob, isErased, runSeconds } from '../../lib/job.ts';
import { CopyButton } from '../../ui/copy.tsx';
import { Card } from '../../ui/page.tsx';
import { Ago, Due } from '../../ui/time.tsx';

/** The known facts of the job. A kind may lack some of them. */
export function Facts({ job }: { job: AnyJob }) {
  const seconds = runSeconds(job);
  const minutes = job.billable_minutes;
  return (
    <Card title="About">
      <dl class="facts">
        <Fact name="Format">{formatsOf(job)}</Fact>
        <Fact name="Encoded by">{encodingOf(job)}</Fact>
        <Fact name="Created">
          <Ago at={job.created_at} />
        </Fact>
        <Fact name="Ran for">{seconds !== null && durationText(seconds)}</Fact>
        <Fact name="Billed">{minutes != null && `${minutes} min`}</Fact>
        <Fact name="Kept until">{job.expires_at && isKept(job) && <Kept until={job.expires_at} />}</Fact>
        {job.output_url && (
          <>
            <dt>As an input</dt>
            <dd class="facts-copy">
              <span class="mono">{job.output_url}</span>
              <CopyButton text={job.output_url} label="Copy URL" />
            </dd>
          </>
        )}
        {job.metadata?.user && (
          <>
            <dt>Metadata</dt>
            <dd class="mono">{JSON.stringify(job.metadata.user)}</dd>
          </>
        )}
      </dl>
    </Card>
  );
}

/** Whether the job has outputs that are deleted later. */
function isKept(job: AnyJob): boolean {
  return job.status === 'completed' && !isErased(job);
}

/** The time at which the outputs are deleted. */
export function Kept({ until }: { until: string }) {
  return (
    <>
      {exactTime(until)}
      <span class="muted">
        , deleted <Due at={until} />
      </span>
    </>
  );
}

/** A fact with its name. Shows nothing if the fact has no value. */
function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (children === null || children === undefined || children === false || children === '') return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function formatsOf({ output_format, outputs = [] }: AnyJob): string | undefined {
  return outputs.length > 1 ? outputs.map(({ format }) => format).join(', ') : (outputs[0]?.format ?? output_format);
}

/** Returns how the output was encoded. Null for several outputs, each of which may be encoded differently. */
function encodingOf({ ffmpeg_options, outputs = [] }: AnyJob): string | null {
  if (!ffmpeg_options || outputs.length > 1) return null;
  const { preset, source } = ffmpeg_options;
  const wishes = [preset?.quality, preset?.resolution].filter(Boolean).join(', ');
  return source === 'preset' ? `preset ${wishes}` : source === 'raw_options' ? 'its own options' : 'defaults';
}

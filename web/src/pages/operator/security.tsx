import type { Security } from '../../../../src/contract/security.ts';
import { spanText } from '../../lib/format.ts';
import { Badge, Notice, type Tone } from '../../ui/feedback.tsx';
import { Card } from '../../ui/page.tsx';
import { Ago } from '../../ui/time.tsx';
import { Loaded } from './load.tsx';

export function SecurityPage() {
  return (
    <Loaded<Security>
      title="Security"
      lead="How FFmpeg is confined, tested by attacks on each start, and which build runs."
      path="/v1/security"
    >
      {(security) => (
        <>
          <SelfTests sandbox={security.sandbox} />
          <div class="columns">
            <Ffmpeg ffmpeg={security.ffmpeg} />
            <Card title="Retention">
              <dl class="facts">
                <dt>Outputs</dt>
                <dd>{spanText(security.retention_seconds)}, unless the account or the job sets a shorter time</dd>
                <dt>Events</dt>
                <dd>7 days</dd>
              </dl>
            </Card>
          </div>
        </>
      )}
    </Loaded>
  );
}

function SelfTests({ sandbox }: { sandbox: Security['sandbox'] }) {
  return (
    <Card title="Self-tests" flush>
      <table class="table stacked">
        <thead>
          <tr>
            <th scope="col">Worker</th>
            <th scope="col">Tier</th>
            <th scope="col">Result</th>
            <th scope="col">Attacks</th>
            <th scope="col">Memory</th>
            <th scope="col">Output</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {sandbox.map((one) => (
            <tr key={one.worker}>
              <th scope="row" class="mono">
                {one.worker.slice(-12)}
              </th>
              <td data-label="Tier">{one.tier}</td>
              <td data-label="Result">
                <Badge tone={toneOf(one.passed)}>
                  {one.passed === null ? 'Running' : one.passed ? 'Passed' : 'Failed'}
                </Badge>
                {one.exceptions.map((text) => (
                  <div class="muted small" key={text}>
                    {text}
                  </div>
                ))}
              </td>
              <td data-label="Attacks">{one.checks}</td>
              <td data-label="Memory">{one.bounds.memory === 'control_group' ? 'control group' : 'address space'}</td>
              <td data-label="Output">{one.bounds.output === 'kernel' ? 'by the kernel' : 'watched'}</td>
              <td data-label="When">
                <Ago at={one.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {sandbox.length === 0 && <p class="card-body muted">No worker is alive.</p>}
    </Card>
  );
}

function toneOf(passed: boolean | null): Tone {
  return passed === null ? 'run' : passed ? 'ok' : 'bad';
}

/** Returns the version in FFmpeg's first line, such as `7.1.5-0+deb13u1`. */
export function shortVersion(text: string): string {
  return text.replace(/^ffmpeg version /, '').replace(/ Copyright .*$/, '');
}

const UPDATES: Record<NonNullable<Security['ffmpeg']['update']>['state'], { text: string; tone: Tone }> = {
  current: { text: 'Current', tone: 'ok' },
  newer: { text: 'A newer package is available', tone: 'warn' },
  unknown: { text: 'Unknown', tone: 'warn' },
};

/** Returns the remedy for vulnerabilities of the build. */
function remedyOf({ update, trimmed }: Security['ffmpeg']): string {
  if (update?.state === 'newer')
    return `Install the newer package ${update.candidate ?? ''}. Airlock tests it and switches to it by itself.`;
  const wait =
    'The distribution has no newer package. Install one as soon as it appears: Airlock tests it and switches to it by itself.';
  if (trimmed?.reason !== 'off') return wait;
  return `${wait} Until then, set AIRLOCK_FFMPEG_BUILD=auto: a trimmed FFmpeg leaves out most of the code that a file could attack.`;
}

function Ffmpeg({ ffmpeg }: { ffmpeg: Security['ffmpeg'] }) {
  const { update, advisories } = ffmpeg;
  const open = advisories?.open ?? [];
  return (
    <Card title="FFmpeg">
      {open.length > 0 && (
        <Notice tone="bad" title={`Known vulnerabilities of this build: ${open.length}`}>
          {open.map(({ cve, what }) => (
            <p key={cve}>
              <code>{cve}</code> {what}
            </p>
          ))}
          <p>{remedyOf(ffmpeg)}</p>
        </Notice>
      )}
      <dl class="facts">
        <dt>Version</dt>
        <dd>{ffmpeg.version === null ? 'unknown' : shortVersion(ffmpeg.version)}</dd>
        <dt>Package</dt>
        <dd>{ffmpeg.package ?? 'none'}</dd>
        <dt>In use</dt>
        <dd>
          since <Ago at={ffmpeg.since} />
        </dd>
        {update && (
          <>
            <dt>Updates</dt>
            <dd>
              <Badge tone={UPDATES[update.state].tone}>{UPDATES[update.state].text}</Badge>
              {update.candidate && update.state === 'newer' && ` ${update.candidate}`}
              {update.security && update.state === 'newer' && ' from the security archive'}
              {update.reason && <div class="muted small">{update.reason}</div>}
            </dd>
          </>
        )}
        {advisories && (
          <>
            <dt>Advisories</dt>
            <dd>
              {open.length} open, {advisories.fixed.length} fixed, {advisories.unknown.length} unknown
              <div class="muted small">Table of {advisories.table}</div>
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
}

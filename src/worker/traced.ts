import type { WorkTools } from '../attempt/tools.ts';
import type { Claim } from '../jobs/rows.ts';
import type { Sandbox } from '../sandbox/types.ts';
import { inSpan, type TracedSpan, type Tracing } from '../telemetry/index.ts';

/** Starts the span of an attempt, in the trace of the request. For the first attempt, also records the span of the wait in the queue. */
export function startAttempt(tracing: Tracing, { job, number }: Claim): TracedSpan {
  const parent = job.traceparent;
  const facts = {
    'airlock.job_id': job.id,
    'airlock.kind': job.kind,
    'airlock.resource_class': job.resource_class,
    'airlock.attempt': number,
  };
  if (number === 1) tracing.start('wait', { parent, facts, startedAt: job.created_at }).end();
  return tracing.start(`attempt ${job.kind}`, { kind: 'consumer', parent, facts });
}

/** Returns tools whose steps and cells record spans below the span of the attempt. */
export function tracedTools<T extends Pick<WorkTools, 'sandbox' | 'measure'>>(
  tracing: Tracing,
  attempt: TracedSpan,
  tools: T,
): T {
  const { sandbox, measure } = tools;
  const parent = attempt.traceparent;
  return {
    ...tools,
    measure: (stage, step) => inSpan(tracing, stage, { parent }, () => measure(stage, step)),
    sandbox: Object.assign(Object.create(sandbox) as Sandbox, {
      async run(spec) {
        const span = tracing.start(`cell ${spec.program}`, { parent });
        try {
          const result = await sandbox.run(spec);
          span.end({ 'airlock.end': result.end }, result.end === 'violation');
          return result;
        } catch (error) {
          span.end({}, true);
          throw error;
        }
      },
    } satisfies Partial<Sandbox>),
  };
}

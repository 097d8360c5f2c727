import type { Job } from '../../sdk/src/index.ts';
import { byteText, clock } from './stages.ts';
import { bold, dim, green, red } from './style.ts';
import { plain } from './table.ts';

/** Reports a final job on standard error, or as JSON on standard output. `names` are the files that the command has written. */
export function reportJob(job: Job, names: readonly string[], { json }: { json?: boolean }): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(job)}\n`);
    return;
  }
  if (job.status !== 'completed') {
    const reason = plain(job.error_message ?? `The job was ${job.status}.`);
    process.stderr.write(`${red('✗')} ${reason} ${dim(job.error_code ?? '')}\n`);
    if (job.error_advice) process.stderr.write(`  ${dim(plain(job.error_advice))}\n`);
    return;
  }
  for (const [index, name] of names.entries()) {
    process.stderr.write(`${green('✓')} ${bold(name)}  ${dim(factsOf(job.outputs[index]).join(' · '))}\n`);
  }
  for (const { field, message } of job.warnings) process.stderr.write(dim(`  ${plain(`${field}: ${message}`)}\n`));
}

function factsOf(made: Job['outputs'][number] | undefined): string[] {
  const facts = [
    made?.width ? `${made.width}×${made.height}` : null,
    made?.video_codec,
    made?.audio_codec,
    made?.duration_seconds ? clock(made.duration_seconds) : null,
    typeof made?.size === 'number' ? byteText(made.size) : null,
    ...(made?.measures ?? []).map(({ metric, mean }) => `${metric} ${mean}`),
  ];
  return facts.filter((fact): fact is string => Boolean(fact));
}

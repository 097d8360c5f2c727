import type { Job } from '../../sdk/src/index.ts';
import { byteText, clock } from './stages.ts';
import { bold, dim, green, red } from './style.ts';
import { plain } from './table.ts';

/** Reports a final job on standard error, or as JSON on standard output. `name` is what it has made. */
export function reportJob(job: Job, name: string, { json }: { json?: boolean }): void {
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
  const [made] = job.outputs;
  const facts = [
    made?.width ? `${made.width}×${made.height}` : null,
    made?.video_codec,
    made?.audio_codec,
    made?.duration_seconds ? clock(made.duration_seconds) : null,
    made ? byteText(made.size) : null,
  ].filter(Boolean);
  process.stderr.write(`${green('✓')} ${bold(name)}  ${dim(facts.join(' · '))}\n`);
  for (const { field, message } of job.warnings) process.stderr.write(dim(`  ${plain(`${field}: ${message}`)}\n`));
}

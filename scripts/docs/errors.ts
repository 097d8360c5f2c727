import { errors } from '../../src/contract/errors.ts';
import { type FailureCode, failures } from '../../src/contract/failures.ts';
import { FAILURE_EXAMPLES } from './failure-examples.ts';
import { code, heading, table } from './markdown.ts';

/** Links that are appended to the remedy of an error. */
const LINKS: Readonly<Record<string, string>> = {
  invalid_file_type: ' [All types](formats.md#content-types-of-uploads).',
  file_too_large: ' [How](api/uploads.md#uploads-in-parts).',
  upload_not_found: ' The text is the same for every storage.',
};

export function errorsPage(): string {
  const rows = Object.entries(errors).map(([name, { status, text, advice }]) => [
    code(name),
    String(status),
    text,
    `${advice}${LINKS[name] ?? ''}`,
  ]);
  return `${heading('Errors of the API', 'src/contract/errors.ts')}
Every error response is \`{"error": text, "message": sentence, "code": code, "details": …, "docs": URL}\`.

- \`code\` is for programs and never changes.
- \`message\` is one sentence for people, with field, reason and remedy. Its wording may change.
- \`details\` is an object or null. If a field of the request is at fault, it has \`field\`, \`reason\`, and \`remedy\` or \`suggestion\`.
  \`near\` is the value or name that you probably meant. \`issues\` lists up to 20 faults of the same request.
- \`docs\` is the URL of the code in this table, at \`AIRLOCK_PUBLIC_URL\` or else at the address of the request. Errors inside other
  responses, such as the items of a batch, have a path: \`/docs/errors#not_found\`.

Words in braces are placeholders. [Failures](failures.md) lists why an accepted job fails.

${table(['Code', 'Status', 'Text', 'What to do'], rows)}
`;
}

export function failuresPage(): string {
  const rows = Object.entries(failures).map(([name, { advice, retry }]) => [
    code(name),
    retry ? 'yes' : 'no',
    advice,
    FAILURE_EXAMPLES[name as FailureCode],
  ]);
  return `${heading('Why a job fails', 'src/contract/failures.ts')}
A job with the status \`failed\` has one of these codes in \`error_code\`, one sentence for people in \`error_message\`, and a remedy in
\`error_advice\`. Use the code in programs. The wording of the sentences may change.

Airlock retries only failures that can be temporary, with up to three attempts before the job fails. For \`limit_memory\`, \`limit_cpu\`,
\`limit_time\` and \`limit_output\`, the message contains the number. The advice states whether the job, the account or the server set the
[limit](api/jobs.md#limits-of-a-job).

[Errors](errors.md) lists the errors of requests.

${table(['Code', 'Retried', 'What to do', 'Example message'], rows)}
`;
}

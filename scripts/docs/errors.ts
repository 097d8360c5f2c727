import { errors } from '../../src/contract/errors.ts';
import { type FailureCode, failures } from '../../src/contract/failures.ts';
import { FAILURE_EXAMPLES } from './failure-examples.ts';
import { code, heading, table } from './markdown.ts';

export function errorsPage(): string {
  const rows = Object.entries(errors).map(([name, { status, text, advice }]) => [
    code(name),
    String(status),
    text,
    advice,
  ]);
  return `${heading('Errors of the API', 'src/contract/errors.ts')}
Every error answer is \`{"error": text, "message": sentence, "code": code, "details": …}\`. Write programs against \`code\`; it
does not change. \`message\` is one sentence for a person, with field, reason and remedy; its words may become better.
\`details\` is null, a string or an object. Where a field of the request is at fault it has \`field\`, and often \`reason\`
and \`remedy\` or \`suggestion\`. Words in braces are filled in. Reasons why an accepted job failed are in
[failures.md](failures.md).

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
A job with the status \`failed\` has one of these in \`error_code\`, one sentence for a person in \`error_message\`, and what
to do about it in \`error_advice\`. Write programs against the code; the sentences may become better.
"Tried again" means that Airlock itself makes up to three attempts before the job fails: only what can heal is repeated.
Of \`limit_memory\`, \`limit_cpu\`, \`limit_time\` and \`limit_output\` the message also names the number, and the advice whose limit it
was: the job's own, the account's or the server's ([api.md](api.md#limits-of-a-job)).
Errors of requests are in [errors.md](errors.md).

${table(['Code', 'Tried again', 'What to do', 'Example of a message'], rows)}
`;
}

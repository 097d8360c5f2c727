import { errors } from '../../src/contract/errors.ts';
import { type FailureCode, failures } from '../../src/contract/failures.ts';
import { FAILURE_EXAMPLES } from './failure-examples.ts';
import { code, heading, table } from './markdown.ts';

/** Links that are appended to the remedy of an error. */
const LINKS: Readonly<Record<string, string>> = {
  invalid_file_type: ' [All types](formats.md#content-types-of-uploads).',
  file_too_large: ' [How](api/uploads.md#uploads-in-parts).',
  invalid_request: ' A request with an unsupported `Expect` header returns the status 417 with this code.',
  upload_not_found: ' The text is the same for every storage backend.',
};

export function errorsPage(): string {
  const rows = Object.entries(errors).map(([name, { status, text, advice }]) => [
    code(name),
    String(status),
    text,
    `${advice}${LINKS[name] ?? ''}`,
  ]);
  return `${heading('Errors of the API', 'src/contract/errors.ts')}
Error responses have the form \`{"error": text, "message": sentence, "code": code, "details": …, "docs": URL}\`. Two kinds of
URLs return other errors: the OAuth routes use the format of OAuth, and the signed URLs of the embedded storage use the XML format of S3.

- \`code\` is for programs and never changes.
- \`message\` is one sentence for people. It contains a remedy, and if they are known, the field and the reason. Its wording may change.
- \`details\` is an object or null. If a field of the request is at fault, \`details\` contains \`field\`, \`reason\`, and \`remedy\` or \`suggestion\`.
  \`near\`, if present, is the value or name that you probably meant. If a request has several faults, \`issues\` lists up to 20 of them.
- \`docs\` is the URL of the code in this table. It starts with \`AIRLOCK_PUBLIC_URL\`, or else with the address of the request. Where Airlock doesn't
  know its address, such as in the items of a batch, \`docs\` is a path: \`/docs/errors#not_found\`.

Words in braces are placeholders. [Failures](failures.md) lists the codes of accepted jobs that fail.

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
\`error_advice\`. Use the code in programs. The wording of the sentences may change. When the job is erased, \`error_message\` becomes null.

Airlock retries only failures that may be temporary, with up to three attempts before the job fails. For \`limit_memory\`, \`limit_cpu\`,
\`limit_time\` and \`limit_output\`, the message contains the limit. The advice then states whether the job, the account or the server set the
[limit](api/jobs.md#limits-of-a-job).

[Errors](errors.md) lists the errors of requests.

${table(['Code', 'Retried', 'What to do', 'Example message'], rows)}
`;
}

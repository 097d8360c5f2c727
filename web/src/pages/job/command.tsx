import { useEffect, useState } from 'preact/hooks';
import type { JobDetails } from '../../../../src/contract/job-details.ts';
import type { ValidateAnswer } from '../../../../src/contract/validate.ts';
import { post } from '../../api/client.ts';
import { shellText } from '../../lib/shell.ts';
import { Code } from '../../ui/copy.tsx';
import { Card } from '../../ui/page.tsx';

/** The command that ran; of a job without an output, the command that its request would run. */
export function CommandCard({ details }: { details: JobDetails | undefined }) {
  const [planned, setPlanned] = useState<string[] | null>(null);
  const request = details?.request;
  const ran = details?.command ?? null;
  useEffect(() => {
    if (!request || ran) return;
    post<ValidateAnswer>('/v1/transcodes/validate', request).then(
      ({ command }) => setPlanned(command.length > 0 ? command : null),
      // Of a source that is gone nothing can be planned.
      () => setPlanned(null),
    );
  }, [request, ran]);
  const command = ran ?? planned;
  if (!command) return null;
  return (
    <Card title={ran ? 'Exact command' : 'Command, as planned'}>
      <Code text={shellText(command)} label="Command" />
      <p class="hint">File names are those inside the sandbox.</p>
    </Card>
  );
}

/** What FFmpeg wrote in the last attempt, without paths and URLs. */
export function LogCard({ details }: { details: JobDetails | undefined }) {
  const attempt = details?.attempts.findLast(({ log }) => log !== null);
  if (!attempt?.log) return null;
  return (
    <Card title={`Log of attempt ${attempt.number}`}>
      <Code text={attempt.log} label="Log" />
    </Card>
  );
}

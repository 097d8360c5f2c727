import { useEffect, useState } from 'preact/hooks';
import type { JobDetails } from '../../../../src/contract/job-details.ts';
import type { ValidateAnswer } from '../../../../src/contract/validate.ts';
import { post } from '../../api/client.ts';
import { Code, Command } from '../../ui/copy.tsx';
import { Card } from '../../ui/page.tsx';

/** The commands that ran. If none ran, the commands that the job's request would run. */
export function CommandCard({ details }: { details: JobDetails | undefined }) {
  const [planned, setPlanned] = useState<string[][]>([]);
  const request = details?.request;
  const ran = details?.command ? [details.command, ...details.further_commands] : null;
  const hasRun = ran !== null;
  useEffect(() => {
    if (!request || hasRun) return;
    post<ValidateAnswer>('/v1/transcodes/validate', request).then(
      ({ commands }) => setPlanned(commands),
      // The request cannot be planned if a source no longer exists.
      () => setPlanned([]),
    );
  }, [request, hasRun]);
  const commands = ran ?? planned;
  if (commands.length === 0) return null;
  return (
    <Card title={hasRun ? 'Exact command' : 'Command, as planned'}>
      {commands.map((command, index) => (
        <Command key={index} argv={command} label={commands.length > 1 ? `Command ${index + 1}` : 'Command'} />
      ))}
      <p class="hint">File names are those inside the sandbox.</p>
    </Card>
  );
}

/** FFmpeg's messages in the last attempt that has any, without paths and URLs. */
export function LogCard({ details }: { details: JobDetails | undefined }) {
  const attempt = details?.attempts.findLast(({ log }) => log !== null);
  if (!attempt?.log) return null;
  return (
    <Card title={`Log of attempt ${attempt.number}`}>
      <Code text={attempt.log} label="Log" />
    </Card>
  );
}

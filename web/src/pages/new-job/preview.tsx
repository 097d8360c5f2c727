import { useState } from 'preact/hooks';
import { type Language, snippet } from '../../lib/snippets.ts';
import { Code, Command } from '../../ui/copy.tsx';
import { Badge, ErrorNotice, Notice } from '../../ui/feedback.tsx';
import { Segments } from '../../ui/field.tsx';
import { Card } from '../../ui/page.tsx';
import { Prose } from '../../ui/prose.tsx';
import type { Body } from './request.ts';
import type { Validation } from './validation.ts';

const LANGUAGES: readonly (readonly [Language, string])[] = [
  ['curl', 'curl'],
  ['typescript', 'TypeScript'],
  ['python', 'Python'],
];

interface PreviewProps {
  body: Body;
  validation: Validation;
  /** Whether the job has a source. Without one, the request is checked with a placeholder, and only mistakes are shown. */
  hasSource: boolean;
}

/** The effects of the request, and the same request as a program. */
export function Preview({ body, validation, hasSource }: PreviewProps) {
  const [language, setLanguage] = useState<Language>('curl');
  const { state, commands, errors, warnings, problem } = validation;
  return (
    <>
      <Card title="What will run" tools={(hasSource || state === 'invalid') && <State state={state} />}>
        {!hasSource && <p class="muted">The exact commands appear here when you add a source.</p>}
        {hasSource && state === 'invalid' && (
          <p class="muted">The exact commands appear here when the request is valid.</p>
        )}
        {problem && <ErrorNotice error={problem} />}
        {errors.filter(isElsewhere).map(({ field, message, suggestion }) => (
          <Notice tone="bad" key={field + message}>
            <p>
              <code>{field}</code> {message} {suggestion}
            </p>
          </Notice>
        ))}
        {hasSource && warnings.map((warning) => <WarningNotice key={warning.field + warning.message} {...warning} />)}
        {hasSource &&
          commands.map((command, index) => (
            <Command key={index} argv={command} label={commands.length > 1 ? `Command ${index + 1}` : 'Command'} />
          ))}
      </Card>
      <Card
        title="From a program"
        tools={<Segments label="Language" value={language} choices={LANGUAGES} onChange={setLanguage} />}
      >
        <Code text={snippet(language, location.origin, body)} label="Request" />
      </Card>
    </>
  );
}

function WarningNotice({ field, message }: Validation['warnings'][number]) {
  return (
    <Notice tone="warn">
      <p>
        <code>{field}</code> <Prose text={message} />
      </p>
    </Notice>
  );
}

/** Whether a mistake concerns no option. Mistakes in options are shown next to the options. */
function isElsewhere({ position }: Validation['errors'][number]): boolean {
  return !/^(\/outputs\/\d+)?\/options\//.test(position.pointer);
}

function State({ state }: { state: Validation['state'] }) {
  if (state === 'checking') return <Badge tone="run">Checking</Badge>;
  return state === 'valid' ? <Badge tone="ok">Valid</Badge> : <Badge tone="bad">Not valid</Badge>;
}

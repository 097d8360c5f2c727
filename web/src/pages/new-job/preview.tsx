import { useState } from 'preact/hooks';
import { shellText } from '../../lib/shell.ts';
import { type Language, snippet } from '../../lib/snippets.ts';
import { Code } from '../../ui/copy.tsx';
import { Badge, ErrorNotice, Notice } from '../../ui/feedback.tsx';
import { Segments } from '../../ui/field.tsx';
import { Card } from '../../ui/page.tsx';
import type { Body } from './request.ts';
import type { Validation } from './validation.ts';

const LANGUAGES: readonly (readonly [Language, string])[] = [
  ['curl', 'curl'],
  ['typescript', 'TypeScript'],
  ['python', 'Python'],
];

/** What the request would do, and the same request for a program. */
export function Preview({ body, validation }: { body: Body; validation: Validation }) {
  const [language, setLanguage] = useState<Language>('curl');
  const { state, commands, errors, warnings, problem } = validation;
  return (
    <>
      <Card title="What will run" tools={<State state={state} />}>
        {problem && <ErrorNotice error={problem} />}
        {errors.filter(isElsewhere).map(({ field, message, suggestion }) => (
          <Notice tone="bad" key={field + message}>
            <p>
              <code>{field}</code> {message} {suggestion}
            </p>
          </Notice>
        ))}
        {warnings.map(({ field, message }) => (
          <Notice tone="warn" key={field + message}>
            <p>
              <code>{field}</code> {message}
            </p>
          </Notice>
        ))}
        {commands.map((command, index) => (
          <Code
            key={index}
            text={shellText(command)}
            label={commands.length > 1 ? `Command ${index + 1}` : 'Command'}
          />
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

/** Mistakes in options are shown next to them. */
function isElsewhere({ position }: Validation['errors'][number]): boolean {
  return !/^(\/outputs\/\d+)?\/options\//.test(position.pointer);
}

function State({ state }: { state: Validation['state'] }) {
  if (state === 'checking') return <Badge tone="run">Checking</Badge>;
  return state === 'valid' ? <Badge tone="ok">Valid</Badge> : <Badge tone="bad">Not valid</Badge>;
}

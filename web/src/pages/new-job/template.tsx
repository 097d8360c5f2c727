import type { TemplateSummary } from '../../../../src/contract/templates.ts';
import { ErrorNotice } from '../../ui/feedback.tsx';
import { Select } from '../../ui/field.tsx';
import { Card } from '../../ui/page.tsx';
import { useResource } from '../../ui/resource.ts';
import { templatePath } from '../templates/paths.ts';

interface TemplateChoiceProps {
  /** Name of a template, or a version such as `web@3`; empty for no template. */
  value: string;
  onChange: (reference: string) => void;
}

/** The choice of a template. The template then defines the outputs. */
export function TemplateChoice({ value, onChange }: TemplateChoiceProps) {
  const { data, error, reload } = useResource<{ items: TemplateSummary[] }>('/v1/templates');
  const names = (data?.items ?? []).map(({ name }) => name);
  // The value is not in the list if a link to the page names a version.
  const all = value === '' || names.includes(value) ? names : [value, ...names];
  const chosen = data?.items.find(({ name }) => name === value.split('@')[0]);
  const hint = chosen ? (
    <>
      {chosen.description} <a href={templatePath(chosen.name)}>Show its request</a>
    </>
  ) : (
    'A template decides the outputs of the job.'
  );
  return (
    <Card title="Template">
      {error && <ErrorNotice error={error} onRetry={reload} />}
      <div class="field">
        <Select
          label="Template"
          value={value}
          choices={[['', 'None: choose the outputs below'], ...all.map((name) => [name, name] as const)]}
          onChange={onChange}
        />
        <div class="hint">{hint}</div>
      </div>
    </Card>
  );
}

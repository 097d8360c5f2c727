import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import type { BlueprintInfo, CreatedRun } from '../../../src/contract/blueprints.ts';
import { post } from '../api/client.ts';
import { Problem, type Shown as ShownError, shownOf } from '../api/problem.ts';
import { may } from '../api/session-state.ts';
import { capitalized } from '../lib/job.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice, Notice, Skeleton } from '../ui/feedback.tsx';
import { Field, Segments, SelectField, TextField } from '../ui/field.tsx';
import { Card, Page } from '../ui/page.tsx';
import { Prose } from '../ui/prose.tsx';
import { useResource } from '../ui/resource.ts';
import { MediaField } from './blueprints/media-field.tsx';
import { pictureOf } from './blueprints/pictures.ts';
import { fieldsOf, type InputField } from './blueprints/schema.ts';

/** Maximum number of choices that the form shows side by side. More choices are shown as a list. */
const MOST_SEGMENTS = 5;

export function BlueprintPage() {
  const { slug } = useRoute().params;
  const { data, error, reload } = useResource<{ items: BlueprintInfo[] }>('/v1/blueprints');
  const blueprint = data?.items.find((one) => one.slug === slug);
  if (blueprint) return <Shown key={slug} blueprint={blueprint} />;
  return (
    <Page title="Blueprint">
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={8} />}
      {data && <Notice tone="warn">This blueprint does not exist.</Notice>}
    </Page>
  );
}

function Shown({ blueprint }: { blueprint: BlueprintInfo }) {
  const { slug, title, description, outputs, available } = blueprint;
  const picture = pictureOf(slug);
  return (
    <Page title={title} lead={description}>
      {picture && <img class="strip" src={picture} alt={`Frames that ${title} made`} />}
      <div class="columns">
        <Card title="Inputs">
          {!available && <Notice tone="warn">This blueprint needs a generative model, and Airlock has none.</Notice>}
          {available && !may('create') && <Notice tone="warn">Your role does not allow creating jobs.</Notice>}
          {available && may('create') && <RunForm blueprint={blueprint} />}
        </Card>
        <Card title="Outputs">
          <ul>
            {outputs.map(({ label, format }) => (
              <li key={label}>
                <span class="mono">{label}</span> <span class="muted">{format.toUpperCase()}</span>
              </li>
            ))}
          </ul>
        </Card>
      </div>
    </Page>
  );
}

function RunForm({ blueprint }: { blueprint: BlueprintInfo }) {
  const { route } = useLocation();
  const fields = fieldsOf(blueprint);
  const [values, setValues] = useState(() => Object.fromEntries(fields.map(({ name, initial }) => [name, initial])));
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [error, setError] = useState<ShownError | null>(null);
  const change = (name: string, value: string) => {
    setValues((before) => ({ ...before, [name]: value }));
    setFaults(({ [name]: _, ...others }) => others);
  };
  const missing = fields.filter(({ name, isRequired }) => isRequired && !values[name]);
  const submit = async (event: Event) => {
    event.preventDefault();
    setError(null);
    if (missing.length > 0) return setFaults(Object.fromEntries(missing.map(({ name }) => [name, 'Add this input.'])));
    setFaults({});
    try {
      const { id } = await post<CreatedRun>(`/v1/blueprints/${blueprint.slug}/runs`, bodyOf(fields, values));
      route(`/jobs/blueprints/runs/${id}`);
    } catch (thrown) {
      const found = faultsOf(thrown, fields);
      setFaults(found);
      if (Object.keys(found).length === 0) setError(shownOf(thrown));
    }
  };
  return (
    <form class="stack" onSubmit={submit} noValidate>
      {fields.map((field) => (
        <InputControl
          key={field.name}
          field={field}
          value={values[field.name] ?? ''}
          error={faults[field.name]}
          onValue={(value) => change(field.name, value)}
        />
      ))}
      {error && <ErrorNotice error={error} />}
      <div class="actions">
        <Button type="submit" look="main-action" icon="play">
          Run
        </Button>
      </div>
    </form>
  );
}

function bodyOf(fields: readonly InputField[], values: Record<string, string>): Record<string, string | number> {
  const sent = fields.filter(({ name }) => values[name] !== '');
  return Object.fromEntries(
    sent.map(({ name, isNumber }) => [name, isNumber ? Number(values[name]) : (values[name] as string)]),
  );
}

/** Returns the fault of each field of this form that the response names. */
function faultsOf(thrown: unknown, fields: readonly InputField[]): Record<string, string> {
  if (!(thrown instanceof Problem)) return {};
  const { issues, field, reason, remedy } = thrown.details as Record<string, unknown>;
  const all = Array.isArray(issues) ? (issues as Record<string, unknown>[]) : [{ field, reason, remedy }];
  const known = all.filter((one) => fields.some(({ name }) => name === one.field));
  return Object.fromEntries(known.map((one) => [one.field, `${sentence(one.reason)} ${sentence(one.remedy)}`.trim()]));
}

function sentence(text: unknown): string {
  if (typeof text !== 'string' || text === '') return '';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Returns the text of a choice: "Top hook" for `top-hook`, and "9:16" for the ratio `9x16`. */
function choiceText(choice: string): string {
  return /^\d+x\d+$/.test(choice) ? choice.replace('x', ':') : capitalized(choice.replaceAll('-', ' '));
}

interface ControlProps {
  field: InputField;
  value: string;
  error: string | undefined;
  onValue: (value: string) => void;
}

function InputControl({ field, value, error, onValue }: ControlProps) {
  const { label, description, choices, media, isLong, isNumber, isRequired, maxLength } = field;
  if (media) return <MediaField field={field} value={value} error={error} onValue={onValue} />;
  const name = isRequired ? `${label} (required)` : label;
  if (choices) {
    const named = choices.map((choice) => [choice, choiceText(choice)] as const);
    if (choices.length > MOST_SEGMENTS)
      return <SelectField label={name} hint={description} value={value} choices={named} onChange={onValue} />;
    return (
      <div class="field">
        <span class="label">{name}</span>
        <Segments label={name} value={value} choices={named} onChange={onValue} />
        <div class="hint">
          <Prose text={description} />
        </div>
      </div>
    );
  }
  const limit = maxLength === null ? {} : { maxLength };
  if (isLong)
    return (
      <Field label={name} hint={description} error={error}>
        {(attributes) => (
          <textarea
            {...attributes}
            {...limit}
            rows={3}
            value={value}
            onInput={(event) => onValue(event.currentTarget.value)}
          />
        )}
      </Field>
    );
  return (
    <TextField
      {...limit}
      label={name}
      hint={description}
      error={error}
      type={isNumber ? 'number' : 'text'}
      value={value}
      onInput={onValue}
    />
  );
}

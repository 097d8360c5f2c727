import { useState } from 'preact/hooks';
import type { Template } from '../../../../src/contract/templates.ts';
import { call } from '../../api/client.ts';
import { Problem, type Shown, shownOf } from '../../api/problem.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNotice } from '../../ui/feedback.tsx';
import { Field, TextField } from '../../ui/field.tsx';
import { templateApiPath } from './paths.ts';

const EXAMPLE = { outputFormat: 'mp4', preset: { quality: 'medium', resolution: '720p' } };

interface TemplateDialogProps {
  /** The template that gets a new version; null for a new template. */
  template: Template | null;
  onSaved: (template: Template) => void;
  onClose: () => void;
}

/** The message of an error, and the field of the form that the error concerns; null if it concerns no field. */
interface Fault {
  field: 'name' | 'description' | 'request' | null;
  shown: Shown;
}

/** Creates a template, or saves a new version of a template, from JSON. */
export function TemplateDialog({ template, onSaved, onClose }: TemplateDialogProps) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState(template?.description ?? '');
  const [text, setText] = useState(JSON.stringify(template?.request ?? EXAMPLE, null, 2));
  const [fault, setFault] = useState<Fault | null>(null);
  const errorOf = (field: Fault['field']) => (fault?.field === field ? fault.shown.message : null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setFault(null);
    const request = parse(text);
    if ('fault' in request) return setFault(request.fault);
    const content = { request: request.value, ...(description && { description }) };
    try {
      onSaved(
        template
          ? await call<Template>('PUT', templateApiPath(template.name), { body: content })
          : await call<Template>('POST', '/v1/templates', { body: { name, ...content } }),
      );
    } catch (thrown) {
      setFault(faultOf(thrown));
    }
  };
  return (
    <Dialog title={template ? `New version of ${template.name}` : 'Add a template'} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        {!template && (
          <TextField
            label="Name"
            value={name}
            onInput={setName}
            required
            maxLength={63}
            placeholder="web-small"
            hint="Lower-case letters, digits and hyphens. Jobs use the template by this name."
            error={errorOf('name')}
          />
        )}
        <TextField
          label="Description"
          value={description}
          onInput={setDescription}
          maxLength={200}
          error={errorOf('description')}
        />
        <RequestField text={text} error={errorOf('request')} onInput={setText} />
        {fault?.field === null && <ErrorNotice error={fault.shown} />}
        <div class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="main-action">
            {template ? 'Save version' : 'Add template'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface RequestFieldProps {
  text: string;
  error: string | null;
  onInput: (text: string) => void;
}

function RequestField({ text, error, onInput }: RequestFieldProps) {
  return (
    <Field label="Request" hint="JSON: the fields of a job without inputs, webhook_url and template." error={error}>
      {(attributes) => (
        <textarea
          {...attributes}
          class="input mono"
          rows={12}
          spellcheck={false}
          value={text}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function parse(text: string): { value: unknown } | { fault: Fault } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it cannot be read';
    return { fault: { field: 'request', shown: { message: `This is not JSON: ${reason}` } } };
  }
}

/** Returns the error with the field that the API names: `name`, or `request.options[0]`, for example. */
function faultOf(thrown: unknown): Fault {
  const shown = shownOf(thrown);
  const path = thrown instanceof Problem ? String(thrown.details.field ?? '') : '';
  const field = /^(name|description|request)\b/.exec(path)?.[1] as Fault['field'] | undefined;
  return { field: field ?? null, shown };
}

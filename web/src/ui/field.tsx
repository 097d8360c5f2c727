import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Prose } from './prose.tsx';

/** The attributes that connect a control with its label, hint and error. */
interface ControlAttributes {
  id: string;
  class: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
}

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string | null | undefined;
  children: (attributes: ControlAttributes) => ComponentChildren;
}

/** A labeled control, connected with its hint and its error. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        class: 'input',
        ...(described && { 'aria-describedby': described }),
        ...(error && { 'aria-invalid': true }),
      })}
      {hint && (
        <div class="hint" id={`${id}-hint`}>
          {typeof hint === 'string' ? <Prose text={hint} /> : hint}
        </div>
      )}
      {error && (
        <div class="field-error" id={`${id}-error`}>
          {error}
        </div>
      )}
    </div>
  );
}

interface TextFieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  hint?: ComponentChildren;
  error?: string | null | undefined;
  type?: 'text' | 'email' | 'password' | 'url' | 'number' | 'month';
  autocomplete?: string;
  placeholder?: string;
  required?: boolean;
  minLength?: number;
  maxLength?: number;
}

export function TextField({ label, hint, error, onInput, autocomplete, ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <input
          {...attributes}
          {...(input as { type: 'text' })}
          autocomplete={autocomplete as 'off'}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  choices: readonly (readonly [value: T, text: string])[];
  onChange: (value: T) => void;
  hint?: ComponentChildren;
}

export function SelectField<T extends string>({ hint, ...choice }: ChoiceProps<T>) {
  return (
    <Field label={choice.label} hint={hint}>
      {(attributes) => <Select {...choice} attributes={attributes} />}
    </Field>
  );
}

/** A choice from a list. Without `attributes`, only screen readers get its label. */
export function Select<T extends string>(props: ChoiceProps<T> & { attributes?: ControlAttributes }) {
  const { label, value, choices, onChange, attributes } = props;
  return (
    <select
      class="input"
      {...(attributes ?? { 'aria-label': label })}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value as T)}
    >
      {choices.map(([key, text]) => (
        <option key={key} value={key}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** Choices side by side, or a list if there is not enough space. */
export function Choice<T extends string>(props: ChoiceProps<T>) {
  return (
    <>
      <span class="wide-only">
        <Segments {...props} />
      </span>
      <span class="narrow-only">
        <Select {...props} />
      </span>
    </>
  );
}

/** A few choices side by side, one of which is selected. */
export function Segments<T extends string>({ label, value, choices, onChange }: ChoiceProps<T>) {
  return (
    <fieldset class="segments" aria-label={label}>
      {choices.map(([key, text]) => (
        <button key={key} type="button" aria-pressed={key === value} onClick={() => onChange(key)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}

export function Check({
  label,
  hint,
  checked,
  onChange,
}: {
  label: string;
  hint?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>
        {label}
        {hint && <span class="hint"> {hint}</span>}
      </span>
    </label>
  );
}

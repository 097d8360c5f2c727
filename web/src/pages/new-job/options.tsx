import { useEffect, useId, useState } from 'preact/hooks';
import type { RequestProblem } from '../../../../src/contract/validate.ts';
import { Button } from '../../ui/button.tsx';
import { type DraftOption, filled } from './request.ts';

type Help = typeof import('./option-help.ts').OPTION_HELP;

interface OptionListProps {
  options: readonly DraftOption[];
  errors: readonly RequestProblem[];
  /** JSON pointer of the output in the request; empty for the only output. */
  pointer: string;
  onChange: (options: readonly DraftOption[]) => void;
}

let count = 0;

/** Options with their arguments. Names and values are completed, and mistakes are shown next to them. */
export function OptionList({ options, errors, pointer, onChange }: OptionListProps) {
  const [help, setHelp] = useState<Help>(new Map());
  useEffect(() => {
    void import('./option-help.ts').then(({ OPTION_HELP }) => setHelp(OPTION_HELP));
  }, []);
  const names = useId();
  const sent = filled(options);
  const change = (id: number, changes: Partial<DraftOption>) =>
    onChange(options.map((row) => (row.id === id ? { ...row, ...changes } : row)));
  const add = () => onChange([...options, { id: ++count, option: '', argument: '' }]);
  return (
    <div class="stack">
      <datalist id={names}>
        {[...help].map(([name, { text }]) => (
          <option key={name} value={name} label={text} />
        ))}
      </datalist>
      {options.map((row) => (
        <OptionRow
          key={row.id}
          row={row}
          names={names}
          help={help}
          errors={errors.filter(({ position }) => positionOf(position.pointer, pointer) === sent.indexOf(row))}
          onChange={(changes) => change(row.id, changes)}
          onRemove={() => onChange(options.filter(({ id }) => id !== row.id))}
        />
      ))}
      <div>
        <Button icon="plus" onClick={add}>
          Add option
        </Button>
      </div>
    </div>
  );
}

/**
 * Returns the index of the option of this output that a JSON pointer names. Returns -2, which is no index, if the pointer names something
 * else.
 */
function positionOf(pointer: string, output: string): number {
  const start = `${output}/options/`;
  const index = pointer.startsWith(start) ? /^\d+/.exec(pointer.slice(start.length))?.[0] : undefined;
  return index === undefined ? -2 : Number(index);
}

interface OptionRowProps {
  row: DraftOption;
  names: string;
  help: Help;
  errors: readonly RequestProblem[];
  onChange: (changes: Partial<DraftOption>) => void;
  onRemove: () => void;
}

function OptionRow({ row, names, help, errors, onChange, onRemove }: OptionRowProps) {
  const id = useId();
  const known = help.get(row.option);
  return (
    <div class="option-row">
      <input
        class="input mono"
        aria-label="Option"
        placeholder="-crf"
        list={names}
        spellcheck={false}
        value={row.option}
        aria-describedby={`${id}-help`}
        onInput={(event) => onChange({ option: event.currentTarget.value })}
      />
      <input
        class="input mono"
        aria-label={`Argument of ${row.option || 'the option'}`}
        placeholder="23"
        list={`${id}-values`}
        spellcheck={false}
        value={row.argument}
        aria-invalid={errors.length > 0 || undefined}
        aria-describedby={`${id}-help`}
        onInput={(event) => onChange({ argument: event.currentTarget.value })}
      />
      <Button icon="close" label={`Remove ${row.option || 'the option'}`} look="plain" onClick={onRemove} />
      <datalist id={`${id}-values`}>
        {known?.values.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
      <div class="option-help" id={`${id}-help`}>
        {errors.map(({ message, suggestion }) => (
          <p class="field-error" key={message}>
            {message} {suggestion}
          </p>
        ))}
        {errors.length === 0 && known && <p class="hint">{known.text}</p>}
      </div>
    </div>
  );
}

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { OUTPUT_FORMATS } from '../../../../src/contract/formats.ts';
import { outputNames } from '../../../../src/contract/output-names.ts';
import type { RequestProblem } from '../../../../src/contract/validate.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Card } from '../../ui/page.tsx';
import { FormatChoice } from './format.tsx';
import { KindChoice } from './kind.tsx';
import { LadderFields } from './ladder.tsx';
import { OptionList } from './options.tsx';
import { PictureFields } from './pictures.tsx';
import { PresetChoice } from './preset.tsx';
import { QualityFields } from './quality.tsx';
import { type DraftOutput, formatOf, MAX_OUTPUTS, nameFault, newOutput } from './request.ts';

const FORMATS = OUTPUT_FORMATS.map((format) => [format, format] as const);

interface OutputsProps {
  outputs: readonly DraftOutput[];
  errors: readonly RequestProblem[];
  onChange: (outputs: readonly DraftOutput[]) => void;
}

/** The outputs of the job. A single output needs no name. Several outputs have a card each. */
export function Outputs({ outputs, errors, onChange }: OutputsProps) {
  const adding = useRef<HTMLDivElement>(null);
  /** ID of the output that was added last, which gets the focus. */
  const [added, setAdded] = useState<number | null>(null);
  const change = (id: number, changes: Partial<DraftOutput>) =>
    onChange(outputs.map((output) => (output.id === id ? { ...output, ...changes } : output)));
  const add = () => {
    const output = newOutput();
    setAdded(output.id);
    onChange([...outputs, output]);
  };
  const remove = (id: number) => {
    onChange(outputs.filter((output) => output.id !== id));
    adding.current?.querySelector('button')?.focus();
  };
  const [only] = outputs;
  const isFull = outputs.length >= MAX_OUTPUTS;
  return (
    <>
      {outputs.length === 1 && only ? (
        <OnlyOutput output={only} errors={errors} onChange={(changes) => change(only.id, changes)} />
      ) : (
        outputs.map((output, index) => (
          <OutputCard
            key={output.id}
            index={index}
            outputs={outputs}
            errors={errors}
            hasFocus={output.id === added}
            onChange={(changes) => change(output.id, changes)}
            onRemove={() => remove(output.id)}
          />
        ))
      )}
      <div ref={adding} class="add-output">
        <Button icon="plus" onClick={add} disabled={isFull}>
          Add output
        </Button>
        <p class="hint">
          {isFull
            ? `A job has at most ${MAX_OUTPUTS} outputs. For further outputs, create another job.`
            : 'One job can make several outputs from one decode of the source, such as a stream, a poster and a file to download.'}
        </p>
      </div>
    </>
  );
}

interface EncodingProps {
  output: DraftOutput;
  errors: readonly RequestProblem[];
  onChange: (changes: Partial<DraftOutput>) => void;
}

function OnlyOutput({ output, errors, onChange }: EncodingProps) {
  return (
    <Card title="Output">
      <KindChoice kind={output.kind} id={output.id} onChange={(kind) => onChange({ kind })} />
      {output.kind === 'file' && <FormatChoice format={output.format} onChange={(format) => onChange({ format })} />}
      <Contents output={output} errors={errors} pointer="" onChange={onChange} />
    </Card>
  );
}

interface OutputCardProps {
  index: number;
  outputs: readonly DraftOutput[];
  errors: readonly RequestProblem[];
  hasFocus: boolean;
  onChange: (changes: Partial<DraftOutput>) => void;
  onRemove: () => void;
}

function OutputCard({ index, outputs, errors, hasFocus, onChange, onRemove }: OutputCardProps) {
  const body = useRef<HTMLDivElement>(null);
  // A layout effect moves the focus before the person presses the next key.
  useLayoutEffect(() => {
    if (hasFocus) body.current?.querySelector('input')?.focus();
  }, []);
  const output = outputs[index]!;
  const named = outputs.map((one) => ({ name: one.name.trim() || undefined, outputFormat: formatOf(one) }));
  const name = outputNames(named)[index]!;
  const title = `Output ${index + 1}`;
  return (
    <Card
      title={title}
      tools={
        <Button icon="close" compact look="plain" label={`Remove output ${index + 1}, ${name}`} onClick={onRemove} />
      }
    >
      <KindChoice kind={output.kind} id={output.id} onChange={(kind) => onChange({ kind })} />
      <div ref={body} class="output-fields">
        <TextField
          label="Name"
          value={output.name}
          placeholder={name}
          maxLength={32}
          error={nameFault(outputs, output)}
          onInput={(text) => onChange({ name: text })}
        />
        {output.kind === 'file' && (
          <SelectField
            label="Format"
            value={output.format}
            choices={FORMATS}
            onChange={(format) => onChange({ format })}
          />
        )}
      </div>
      <Contents output={output} errors={errors} pointer={`/outputs/${index}`} onChange={onChange} />
    </Card>
  );
}

/** The fields for the kind of an output. */
function Contents({ output, errors, pointer, onChange }: EncodingProps & { pointer: string }) {
  const { kind, ladder, pictures, id } = output;
  if (kind === 'ladder') return <LadderFields ladder={ladder} id={id} onChange={(one) => onChange({ ladder: one })} />;
  if (kind !== 'file')
    return <PictureFields kind={kind} draft={pictures} onChange={(one) => onChange({ pictures: one })} />;
  return (
    <>
      <PresetChoice draft={output} onChange={onChange} />
      {output.mode === 'options' && (
        <OptionList
          options={output.options}
          errors={errors}
          pointer={pointer}
          onChange={(options) => onChange({ options })}
        />
      )}
      <QualityFields format={output.format} draft={output.target} id={id} onChange={(target) => onChange({ target })} />
    </>
  );
}

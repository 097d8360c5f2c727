import { Field, Segments, TextField } from '../../ui/field.tsx';
import type { DraftPictures, PictureKind, PreviewFormat, StillFormat } from './picture-request.ts';

const STILL_FORMATS: readonly (readonly [StillFormat, string])[] = [
  ['jpg', 'JPEG'],
  ['png', 'PNG'],
  ['webp', 'WebP'],
];
const PREVIEW_FORMATS: readonly (readonly [PreviewFormat, string])[] = [
  ['webp', 'WebP'],
  ['gif', 'GIF'],
  ['mp4', 'MP4'],
];
const TIMES: readonly (readonly [DraftPictures['at'], string])[] = [
  ['best', 'The best picture'],
  ['share', 'A share'],
  ['seconds', 'A time'],
];

interface PicturesProps {
  kind: PictureKind;
  draft: DraftPictures;
  onChange: (draft: DraftPictures) => void;
}

/** The fields for an output that shows or draws parts of the source. */
export function PictureFields({ kind, draft, onChange }: PicturesProps) {
  const change = (changes: Partial<DraftPictures>) => onChange({ ...draft, ...changes });
  if (kind === 'still') return <StillFields draft={draft} change={change} />;
  if (kind === 'preview') return <PreviewFields draft={draft} change={change} />;
  if (kind === 'waveform') return <WaveformFields draft={draft} change={change} />;
  return <TileFields kind={kind} draft={draft} change={change} />;
}

interface FieldsProps {
  draft: DraftPictures;
  change: (changes: Partial<DraftPictures>) => void;
}

function StillFields({ draft, change }: FieldsProps) {
  const { at, share, atSeconds, stillFormat, stillWidth } = draft;
  return (
    <>
      <Choice label="Which picture" value={at} choices={TIMES} onChange={(one) => change({ at: one })} />
      <div class="output-fields">
        {at === 'share' && (
          <NumberField label="Percent of the duration" value={share} onInput={(text) => change({ share: text })} />
        )}
        {at === 'seconds' && (
          <NumberField
            label="Seconds from the start"
            value={atSeconds}
            onInput={(text) => change({ atSeconds: text })}
          />
        )}
        <NumberField
          label="Width in pixels"
          value={stillWidth}
          placeholder="as the video"
          onInput={(text) => change({ stillWidth: text })}
        />
      </div>
      <Choice
        label="Picture format"
        value={stillFormat}
        choices={STILL_FORMATS}
        onChange={(format) => change({ stillFormat: format })}
      />
    </>
  );
}

function TileFields({ kind, draft, change }: FieldsProps & { kind: 'thumbnails' | 'sprite' }) {
  const { every, tileWidth, columns } = draft;
  return (
    <>
      <div class="output-fields">
        <NumberField label="Seconds between pictures" value={every} onInput={(text) => change({ every: text })} />
        <NumberField
          label="Width in pixels"
          value={tileWidth}
          placeholder={kind === 'sprite' ? '160' : '320'}
          onInput={(text) => change({ tileWidth: text })}
        />
        {kind === 'sprite' && (
          <NumberField
            label="Pictures in a row"
            value={columns}
            placeholder="10"
            onInput={(text) => change({ columns: text })}
          />
        )}
      </div>
      {kind === 'sprite' && (
        <span class="hint">
          If the job also has a streaming output, its player shows these pictures on the timeline.
        </span>
      )}
    </>
  );
}

function PreviewFields({ draft, change }: FieldsProps) {
  const { previewSeconds, segments, previewWidth, previewFormat } = draft;
  return (
    <>
      <div class="output-fields">
        <NumberField label="Seconds" value={previewSeconds} onInput={(text) => change({ previewSeconds: text })} />
        <NumberField
          label="Parts of the video"
          value={segments}
          placeholder="4"
          onInput={(text) => change({ segments: text })}
        />
        <NumberField
          label="Width in pixels"
          value={previewWidth}
          placeholder="480"
          onInput={(text) => change({ previewWidth: text })}
        />
      </div>
      <Choice
        label="Preview format"
        value={previewFormat}
        choices={PREVIEW_FORMATS}
        onChange={(format) => change({ previewFormat: format })}
      />
    </>
  );
}

function WaveformFields({ draft, change }: FieldsProps) {
  const { waveWidth, waveHeight, color } = draft;
  return (
    <div class="output-fields">
      <NumberField label="Width in pixels" value={waveWidth} onInput={(text) => change({ waveWidth: text })} />
      <NumberField label="Height in pixels" value={waveHeight} onInput={(text) => change({ waveHeight: text })} />
      <Field label="Color">
        {(attributes) => (
          <input
            {...attributes}
            type="color"
            value={color}
            onInput={(event) => change({ color: event.currentTarget.value })}
          />
        )}
      </Field>
    </div>
  );
}

interface NumberProps {
  label: string;
  value: string;
  placeholder?: string;
  onInput: (text: string) => void;
}

function NumberField({ label, value, placeholder = '', onInput }: NumberProps) {
  return <TextField label={label} type="number" value={value} placeholder={placeholder} onInput={onInput} />;
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  choices: readonly (readonly [value: T, text: string])[];
  onChange: (value: T) => void;
}

function Choice<T extends string>(choice: ChoiceProps<T>) {
  return (
    <div class="field">
      <span class="label">{choice.label}</span>
      <div>
        <Segments {...choice} />
      </div>
    </div>
  );
}

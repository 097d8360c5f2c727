import { AUDIO_FORMATS, IMAGE_FORMATS, type OutputFormat, VIDEO_FORMATS } from '../../../../src/contract/formats.ts';

const GROUPS = [
  ['Video', VIDEO_FORMATS],
  ['Sound', AUDIO_FORMATS],
  ['Picture', IMAGE_FORMATS],
] as const;

interface FormatProps {
  format: OutputFormat;
  onChange: (format: OutputFormat) => void;
}

export function FormatChoice({ format, onChange }: FormatProps) {
  return (
    <div class="format-groups">
      {GROUPS.map(([title, formats]) => (
        <fieldset class="formats" key={title}>
          <legend class="label">{title}</legend>
          {formats.map((one) => (
            <label key={one} class="chip">
              <input type="radio" name="format" checked={one === format} onChange={() => onChange(one)} />
              <span>{one}</span>
            </label>
          ))}
        </fieldset>
      ))}
    </div>
  );
}

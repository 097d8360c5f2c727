import { AUDIO_FORMATS, IMAGE_FORMATS, type OutputFormat, VIDEO_FORMATS } from '../../../../src/contract/formats.ts';
import { Card } from '../../ui/page.tsx';

const GROUPS = [
  ['Video', VIDEO_FORMATS],
  ['Sound', AUDIO_FORMATS],
  ['Picture', IMAGE_FORMATS],
] as const;

export function FormatCard({ format, onChange }: { format: OutputFormat; onChange: (format: OutputFormat) => void }) {
  return (
    <Card title="Output format">
      {GROUPS.map(([title, formats]) => (
        <fieldset class="formats" key={title}>
          <legend class="muted small">{title}</legend>
          {formats.map((one) => (
            <label key={one} class="chip">
              <input type="radio" name="format" checked={one === format} onChange={() => onChange(one)} />
              <span>{one}</span>
            </label>
          ))}
        </fieldset>
      ))}
    </Card>
  );
}

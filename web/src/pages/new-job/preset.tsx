import type { Quality, Resolution } from '../../../../src/contract/formats.ts';
import { Segments } from '../../ui/field.tsx';
import { hasTarget } from './quality-request.ts';
import type { DraftOutput } from './request.ts';

const MODES = [
  ['preset', 'In plain words'],
  ['options', 'With options of FFmpeg'],
] as const;
const QUALITIES: readonly (readonly [Quality, string])[] = [
  ['high', 'High'],
  ['medium', 'Medium'],
  ['low', 'Low'],
];
const RESOLUTIONS: readonly (readonly [Resolution | '', string])[] = [
  ['', 'As the input'],
  ['4k', '4K'],
  ['1080p', '1080p'],
  ['720p', '720p'],
  ['480p', '480p'],
];

interface PresetProps {
  draft: DraftOutput;
  onChange: (changes: Partial<DraftOutput>) => void;
}

export function PresetChoice({ draft, onChange }: PresetProps) {
  return (
    <>
      <Segments label="How" value={draft.mode} choices={MODES} onChange={(mode) => onChange({ mode })} />
      {draft.mode === 'preset' && (
        <>
          {!hasTarget(draft.format, draft.target) && (
            <div class="field">
              <span class="label">Quality</span>
              <div>
                <Segments
                  label="Quality"
                  value={draft.quality}
                  choices={QUALITIES}
                  onChange={(quality) => onChange({ quality })}
                />
              </div>
            </div>
          )}
          <div class="field">
            <span class="label">Size</span>
            <div>
              <Segments
                label="Size"
                value={draft.resolution}
                choices={RESOLUTIONS}
                onChange={(resolution) => onChange({ resolution })}
              />
            </div>
            <span class="hint">Airlock never scales up.</span>
          </div>
        </>
      )}
    </>
  );
}

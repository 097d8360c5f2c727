import type { LadderFormat } from '../../../../src/contract/formats.ts';
import { Check, Segments, TextField } from '../../ui/field.tsx';
import { type DraftLadder, HEIGHTS } from './ladder-request.ts';

const FORMATS: readonly (readonly [LadderFormat, string])[] = [
  ['hls', 'HLS'],
  ['dash', 'DASH'],
  ['cmaf', 'HLS and DASH'],
];
const FORMAT_HINTS: Readonly<Record<LadderFormat, string>> = {
  hls: 'For Apple devices and every browser. Can be encrypted.',
  dash: 'For players that use DASH.',
  cmaf: 'One set of segments for both, with both manifests (CMAF).',
};
const MODES = [
  ['auto', 'Automatic'],
  ['chosen', 'Chosen'],
] as const;

interface LadderProps {
  ladder: DraftLadder;
  /** Makes the names of the groups unique on the page. */
  id: number;
  onChange: (ladder: DraftLadder) => void;
}

/** The fields for the ladder of a streaming format. */
export function LadderFields({ ladder, id, onChange }: LadderProps) {
  const change = (changes: Partial<DraftLadder>) => onChange({ ...ladder, ...changes });
  const { format, isAuto, segmentSeconds, isEncrypted } = ladder;
  return (
    <>
      <div class="field">
        <span class="label">Streaming format</span>
        <div>
          <Segments
            label="Streaming format"
            value={format}
            choices={FORMATS}
            onChange={(one) => change({ format: one })}
          />
        </div>
        <span class="hint">{FORMAT_HINTS[format]}</span>
      </div>
      <div class="field">
        <span class="label">Renditions</span>
        <div>
          <Segments
            label="Renditions"
            value={isAuto ? 'auto' : 'chosen'}
            choices={MODES}
            onChange={(mode) => change({ isAuto: mode === 'auto' })}
          />
        </div>
        {isAuto ? (
          <span class="hint">Airlock chooses the sizes, up to the size of the source.</span>
        ) : (
          <Heights ladder={ladder} id={id} onChange={(heights) => change({ heights })} />
        )}
      </div>
      <div class="output-fields">
        <TextField
          label="Seconds of a segment"
          type="number"
          value={segmentSeconds}
          placeholder="4"
          onInput={(text) => change({ segmentSeconds: text })}
        />
      </div>
      {format === 'hls' && (
        <Check
          label="Encrypt the segments"
          hint="AES-128. Only playback links serve the key."
          checked={isEncrypted}
          onChange={(checked) => change({ isEncrypted: checked })}
        />
      )}
    </>
  );
}

interface HeightsProps {
  ladder: DraftLadder;
  id: number;
  onChange: (heights: readonly number[]) => void;
}

function Heights({ ladder: { heights }, id, onChange }: HeightsProps) {
  const toggle = (height: number) =>
    onChange(heights.includes(height) ? heights.filter((one) => one !== height) : [...heights, height]);
  return (
    <>
      <fieldset class="formats" aria-label="Heights">
        {HEIGHTS.map((height) => (
          <label key={height} class="chip">
            <input
              type="checkbox"
              name={`height-${id}`}
              checked={heights.includes(height)}
              onChange={() => toggle(height)}
            />
            <span>{height}p</span>
          </label>
        ))}
      </fieldset>
      <span class={heights.length === 0 ? 'field-error' : 'hint'}>
        {heights.length === 0
          ? 'Choose at least one height.'
          : 'The short side of the frame. Airlock drops renditions that are larger than the source.'}
      </span>
    </>
  );
}

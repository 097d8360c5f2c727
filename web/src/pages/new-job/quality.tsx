import { METRICS, type Metric } from '../../../../src/contract/metrics.ts';
import { Segments, TextField } from '../../ui/field.tsx';
import { type DraftQuality, hasTarget, mayBeMeasured, mayHaveTarget } from './quality-request.ts';

const TARGETS: readonly (readonly [DraftQuality['target'], string])[] = [
  ['none', 'None'],
  ['ssim', 'SSIM'],
  ['xpsnr', 'XPSNR'],
];
const TARGET_HINTS: Readonly<Record<DraftQuality['target'], string>> = {
  none: 'With a target, Airlock searches for the smallest file that reaches this quality.',
  ssim: 'From 0.5 to 0.9999. 0.98 is hard to distinguish from the source. 0.95 is good.',
  xpsnr: 'From 15 to 60 decibels. 40 is hard to distinguish from the source. 36 is good.',
};

interface QualityProps {
  /** Format of the output. */
  format: string;
  draft: DraftQuality;
  /** Makes the names of the groups unique on the page. */
  id: number;
  onChange: (draft: DraftQuality) => void;
}

/** The fields for the target and the measures of a video. Shows nothing for other formats. */
export function QualityFields({ format, draft, id, onChange }: QualityProps) {
  const change = (changes: Partial<DraftQuality>) => onChange({ ...draft, ...changes });
  return (
    <>
      {mayHaveTarget(format) && <TargetFields format={format} draft={draft} change={change} />}
      {mayBeMeasured(format) && (
        <Measures measure={draft.measure} id={id} onChange={(measure) => change({ measure })} />
      )}
    </>
  );
}

interface TargetProps {
  format: string;
  draft: DraftQuality;
  change: (changes: Partial<DraftQuality>) => void;
}

function TargetFields({ format, draft, change }: TargetProps) {
  const { target, atLeast, maxBitrate } = draft;
  return (
    <>
      <div class="field">
        <span class="label">Quality target</span>
        <div>
          <Segments
            label="Quality target"
            value={target}
            choices={TARGETS}
            onChange={(one) => change({ target: one })}
          />
        </div>
        <span class="hint">{TARGET_HINTS[target]}</span>
      </div>
      {target !== 'none' && hasTarget(format, draft) && (
        <div class="output-fields">
          <TextField
            label="At least"
            value={atLeast[target]}
            onInput={(text) => change({ atLeast: { ...atLeast, [target]: text } })}
          />
          <TextField
            label="Highest bit rate"
            value={maxBitrate}
            placeholder="none"
            hint="For example, 4M. If the target requires more, the output misses the target, and the job has a warning."
            onInput={(text) => change({ maxBitrate: text })}
          />
        </div>
      )}
    </>
  );
}

interface MeasuresProps {
  measure: readonly Metric[];
  id: number;
  onChange: (measure: readonly Metric[]) => void;
}

function Measures({ measure, id, onChange }: MeasuresProps) {
  const toggle = (metric: Metric) =>
    onChange(measure.includes(metric) ? measure.filter((one) => one !== metric) : [...measure, metric]);
  return (
    <div class="field">
      <fieldset class="formats">
        <legend class="label">Measure</legend>
        {METRICS.map((metric) => (
          <label key={metric} class="chip">
            <input
              type="checkbox"
              name={`measure-${id}`}
              checked={measure.includes(metric)}
              onChange={() => toggle(metric)}
            />
            <span>{metric.toUpperCase()}</span>
          </label>
        ))}
      </fieldset>
      <span class="hint">Compares the finished video with its source.</span>
    </div>
  );
}

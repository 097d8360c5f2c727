import type { OutputKind } from './request.ts';

const KINDS: readonly (readonly [OutputKind, text: string, hint: string])[] = [
  ['file', 'File', 'One video, sound or picture.'],
  ['ladder', 'Streaming', 'A video in several sizes, between which a player switches while it plays.'],
  ['still', 'Poster', 'One picture of the video.'],
  ['thumbnails', 'Thumbnails', 'Pictures at equal intervals, each in its own file.'],
  ['sprite', 'Scrub previews', 'The pictures that a player shows while a person moves along the timeline.'],
  ['preview', 'Animated preview', 'A short silent clip of several parts of the video.'],
  ['waveform', 'Waveform', 'A picture of the loudness of the audio.'],
];

/** The choice of an output's kind. `id` makes the group unique on the page. */
export function KindChoice({
  kind,
  id,
  onChange,
}: {
  kind: OutputKind;
  id: number;
  onChange: (kind: OutputKind) => void;
}) {
  return (
    <div class="field">
      <fieldset class="formats">
        <legend class="hidden-text">What to make</legend>
        {KINDS.map(([one, text]) => (
          <label key={one} class="chip">
            <input type="radio" name={`kind-${id}`} checked={one === kind} onChange={() => onChange(one)} />
            <span>{text}</span>
          </label>
        ))}
      </fieldset>
      <span class="hint">{KINDS.find(([one]) => one === kind)![2]}</span>
    </div>
  );
}

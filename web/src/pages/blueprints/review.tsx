import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { BlueprintRun } from '../../../../src/contract/blueprints.ts';
import { post } from '../../api/client.ts';
import { Problem, type Shown, shownOf } from '../../api/problem.ts';
import { type EditedCue, readCues, secondsOf, writeCues } from '../../lib/srt.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNotice, Notice } from '../../ui/feedback.tsx';
import { Card } from '../../ui/page.tsx';
import { useResource } from '../../ui/resource.ts';

interface ReviewProps {
  run: BlueprintRun;
  onContinued: (run: BlueprintRun) => void;
}

/** The captions of a run that awaits a review, next to its video. */
export function Review({ run, onContinued }: ReviewProps) {
  const path = `/v1/blueprints/runs/${run.id}`;
  const video = useRef<HTMLVideoElement>(null);
  const [cues, setCues] = useState(() => readCues(run.srt_text ?? ''));
  const [error, setError] = useState<Shown | null>(null);
  const [now, setNow] = useState(-1);
  const change = (id: number, changes: Partial<EditedCue>) =>
    setCues((before) => before.map((cue) => (cue.id === id ? { ...cue, ...changes } : cue)));
  const submit = async () => {
    setError(null);
    try {
      onContinued(await post<BlueprintRun>(`${path}/continue`, { srt_text: writeCues(cues) }));
    } catch (thrown) {
      setError(thrown instanceof Problem ? { message: thrown.message } : shownOf(thrown));
    }
  };
  const playFrom = (cue: EditedCue) => {
    const { current } = video;
    const seconds = secondsOf(cue.start);
    if (!current || Number.isNaN(seconds)) return;
    current.currentTime = seconds;
    void current.play().catch(() => {});
  };
  return (
    <Card
      title="Review the captions"
      tools={
        <Button look="main-action" icon="check" onClick={submit}>
          Continue
        </Button>
      }
    >
      <KeyHelp />
      {error && <ErrorNotice error={error} />}
      <div class="review">
        <Source path={path} video={video} onTime={setNow} />
        {cues.length === 0 && (
          <Notice tone="warn">Airlock found no speech. Cancel the run, or send captions with the API.</Notice>
        )}
        <Cues cues={cues} now={now} onChange={change} onPlay={playFrom} onContinue={submit} />
      </div>
    </Card>
  );
}

function KeyHelp() {
  return (
    <p class="muted small">
      <kbd>Ctrl</kbd>+<kbd>Enter</kbd> continues the run. <kbd>Alt</kbd>+<kbd>Enter</kbd> plays the video from a
      caption. <kbd>Alt</kbd>+<kbd>↑</kbd> and <kbd>Alt</kbd>+<kbd>↓</kbd> move between captions. To remove a caption,
      delete its text.
    </p>
  );
}

interface SourceProps {
  /** The path of the run in the API. */
  path: string;
  video: RefObject<HTMLVideoElement | null>;
  /** Called with the playback position in seconds. */
  onTime: (seconds: number) => void;
}

/** The video whose captions are reviewed. */
function Source({ path, video, onTime }: SourceProps) {
  const { data } = useResource<{ url: string | null }>(`${path}/source`);
  return (
    <div class="beside">
      {data?.url && (
        // biome-ignore lint/a11y/useMediaCaption: its captions are next to it
        <video
          ref={video}
          class="media"
          controls
          preload="metadata"
          src={data.url}
          onTimeUpdate={(event) => onTime(event.currentTarget.currentTime)}
        />
      )}
      {data && !data.url && <Notice>This page can show only uploaded videos.</Notice>}
    </div>
  );
}

interface CuesProps {
  cues: readonly EditedCue[];
  /** Playback position of the video in seconds. */
  now: number;
  onChange: (id: number, changes: Partial<EditedCue>) => void;
  onPlay: (cue: EditedCue) => void;
  onContinue: () => unknown;
}

function Cues({ cues, now, onChange, onPlay, onContinue }: CuesProps) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => list.current?.querySelector('textarea')?.focus({ preventScroll: true }), []);
  const focus = (index: number) => list.current?.querySelectorAll('textarea')[index]?.focus();
  const onKeyDown = (event: KeyboardEvent, cue: EditedCue, index: number) => {
    const action =
      event.key === 'Enter' && (event.ctrlKey || event.metaKey)
        ? onContinue
        : event.key === 'Enter' && event.altKey
          ? () => onPlay(cue)
          : event.altKey && event.key === 'ArrowUp'
            ? () => focus(index - 1)
            : event.altKey && event.key === 'ArrowDown'
              ? () => focus(index + 1)
              : null;
    if (!action) return;
    event.preventDefault();
    void action();
  };
  return (
    <ol class="cues" ref={list}>
      {cues.map((cue, index) => {
        const isNow = now >= secondsOf(cue.start) && now < secondsOf(cue.end);
        return (
          <li key={cue.id} class={isNow ? 'now' : ''} aria-current={isNow ? 'true' : undefined}>
            <div class="cue-times">
              <Button
                icon="play"
                look="plain"
                compact
                label={`Play from caption ${index + 1}`}
                onClick={() => onPlay(cue)}
              />
              <input
                class="input mono"
                aria-label={`Start of caption ${index + 1}`}
                value={cue.start}
                onInput={(event) => onChange(cue.id, { start: event.currentTarget.value })}
              />
              <input
                class="input mono"
                aria-label={`End of caption ${index + 1}`}
                value={cue.end}
                onInput={(event) => onChange(cue.id, { end: event.currentTarget.value })}
              />
            </div>
            <textarea
              class="input"
              rows={2}
              aria-label={`Caption ${index + 1}`}
              value={cue.text}
              onInput={(event) => onChange(cue.id, { text: event.currentTarget.value })}
              onKeyDown={(event) => onKeyDown(event, cue, index)}
            />
          </li>
        );
      })}
    </ol>
  );
}

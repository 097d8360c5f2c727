import { useRef, useState } from 'preact/hooks';
import { bytesText, durationText, percentText } from '../../lib/format.ts';
import { addFile, addUrl, type Input, inputs, removeInput, resume } from '../../state/inputs.ts';
import { Button } from '../../ui/button.tsx';
import { useDropArea } from '../../ui/drop-area.ts';
import { Badge, Bar } from '../../ui/feedback.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Card } from '../../ui/page.tsx';

export function Sources() {
  return (
    <Card title="Source">
      {inputs.value.length > 0 && (
        <ul class="sources">
          {inputs.value.map((input) => (
            <SourceItem key={input.id} input={input} />
          ))}
        </ul>
      )}
      <DropZone isMore={inputs.value.length > 0} />
      <UrlForm />
    </Card>
  );
}

function DropZone({ isMore }: { isMore: boolean }) {
  const picker = useRef<HTMLInputElement>(null);
  const take = (files: FileList | null | undefined) => {
    for (const file of files ?? []) addFile(file);
  };
  const { isOver, handlers } = useDropArea(take);
  return (
    <label class={`drop ${isOver ? 'over' : ''} ${isMore ? 'small' : ''}`} {...handlers}>
      <input
        ref={picker}
        class="hidden-text"
        type="file"
        multiple
        accept="video/*,audio/*,image/*,.mkv,.srt,.vtt,.ass"
        onChange={() => {
          take(picker.current?.files);
          if (picker.current) picker.current.value = '';
        }}
      />
      <Icon name="upload" />
      <span>
        <strong>{isMore ? 'Add another file' : 'Drop a file here, or choose one'}</strong>
        {!isMore && <span class="hint">Video, sound or picture. Several files are joined in their order.</span>}
      </span>
    </label>
  );
}

function UrlForm() {
  const [url, setUrl] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    addUrl(url.trim());
    setUrl('');
  };
  return (
    <form class="url-form" onSubmit={submit}>
      <input
        class="input"
        type="url"
        required
        aria-label="URL of a file"
        placeholder="or paste an https:// URL"
        value={url}
        onInput={(event) => setUrl(event.currentTarget.value)}
      />
      <Button type="submit">Add</Button>
    </form>
  );
}

function SourceItem({ input }: { input: Input }) {
  const { id, name, state, size, sent, facts, error } = input;
  const part = size ? sent / size : 0;
  return (
    <li>
      <div class="source-line">
        <Icon name="file" />
        <span class="clip" title={name}>
          {name}
        </span>
        {state === 'ready' && <Badge tone="ok">Ready</Badge>}
        {state === 'failed' && <Badge tone="bad">Stopped</Badge>}
        {state === 'checking' && <Badge tone="run">Checking</Badge>}
        {state === 'sending' && <span class="muted small">{percentText(part)}</span>}
        {state === 'failed' && (
          <Button compact onClick={() => resume(id)}>
            Resume
          </Button>
        )}
        <Button icon="close" label={`Remove ${name}`} look="plain" compact onClick={() => removeInput(id)} />
      </div>
      {(state === 'sending' || state === 'checking') && <Bar value={part} label={`Upload of ${name}`} />}
      {error && <p class="field-error">{error}</p>}
      <p class="muted small">{factsText(size, facts)}</p>
      <p class="hidden-text" role="status">
        {state === 'ready' ? `${name} is ready.` : state === 'failed' ? `${name} stopped.` : ''}
      </p>
    </li>
  );
}

function factsText(size: number | null, facts: Input['facts']): string {
  const parts = [
    size === null ? 'from its URL' : bytesText(size),
    facts?.duration_seconds != null && durationText(facts.duration_seconds),
    facts?.width != null && `${facts.width}×${facts.height}`,
    facts?.video_codec,
    facts?.audio_codec,
  ];
  return parts.filter(Boolean).join(' · ');
}

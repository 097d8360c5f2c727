import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { messageOf } from '../../api/problem.ts';
import { upload } from '../../api/upload.ts';
import { bytesText } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { useDropArea } from '../../ui/drop-area.ts';
import { Badge, Bar } from '../../ui/feedback.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Prose } from '../../ui/prose.tsx';
import type { InputField } from './schema.ts';

interface Sent {
  file: File;
  state: 'sending' | 'checking' | 'ready' | 'failed';
  bytes: number;
  error: string | null;
}

interface MediaFieldProps {
  field: InputField;
  /** The URL; empty until a file is uploaded or a URL is entered. */
  value: string;
  error: string | undefined;
  onValue: (url: string) => void;
}

/** A field for a file, which is uploaded immediately, or for the URL of a file. */
export function MediaField({ field, value, error, onValue }: MediaFieldProps) {
  const id = useId();
  const [sent, setSent] = useState<Sent | null>(null);
  const sending = useRef<AbortController | null>(null);
  useEffect(() => () => sending.current?.abort(), []);

  const send = async (file: File) => {
    sending.current?.abort();
    sending.current = new AbortController();
    const { signal } = sending.current;
    const change = (changes: Partial<Sent>) =>
      !signal.aborted &&
      setSent((before) => ({ ...(before ?? { file, bytes: 0, error: null, state: 'sending' }), ...changes }));
    onValue('');
    setSent({ file, state: 'sending', bytes: 0, error: null });
    try {
      const onProgress = (bytes: number) => change({ bytes, state: bytes >= file.size ? 'checking' : 'sending' });
      const { fileUrl } = await upload({ file, signal, onProgress });
      if (signal.aborted) return;
      change({ state: 'ready' });
      onValue(fileUrl);
    } catch (thrown) {
      change({ state: 'failed', error: messageOf(thrown) });
    }
  };
  const clear = () => {
    sending.current?.abort();
    setSent(null);
    onValue('');
  };
  const described = [`${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <fieldset class="field media-field" aria-describedby={described}>
      <legend>
        {field.label}
        {field.isRequired && <span class="muted"> (required)</span>}
      </legend>
      {sent ? <SentFile sent={sent} onClear={clear} onRetry={() => send(sent.file)} /> : null}
      {!sent && <Choose id={id} field={field} value={value} onFile={send} onValue={onValue} />}
      <div class="hint" id={`${id}-hint`}>
        <Prose text={field.description} />
      </div>
      {error && (
        <div class="field-error" id={`${id}-error`}>
          {error}
        </div>
      )}
    </fieldset>
  );
}

interface ChooseProps {
  id: string;
  field: InputField;
  value: string;
  onFile: (file: File) => void;
  onValue: (url: string) => void;
}

function Choose({ id, field, value, onFile, onValue }: ChooseProps) {
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) onFile(file);
  };
  const { isOver, handlers } = useDropArea(take);
  return (
    <>
      <label class={`drop small ${isOver ? 'over' : ''}`} {...handlers}>
        <input
          class="hidden-text"
          type="file"
          aria-label={`File for ${field.label}`}
          accept={field.media === 'video' ? 'video/*,.mkv' : `${field.media}/*`}
          onChange={(event) => take(event.currentTarget.files)}
        />
        <Icon name="upload" />
        <strong>Drop a file here, or choose one</strong>
      </label>
      <input
        id={id}
        class="input"
        type="text"
        inputMode="url"
        aria-label={`URL of ${field.label}`}
        placeholder="or paste an https:// URL"
        value={value}
        onInput={(event) => onValue(event.currentTarget.value.trim())}
      />
    </>
  );
}

function SentFile({ sent, onClear, onRetry }: { sent: Sent; onClear: () => void; onRetry: () => unknown }) {
  const { file, state, bytes, error } = sent;
  return (
    <div class="sources">
      <div class="source-line">
        <Icon name="file" />
        <span class="clip" title={file.name}>
          {file.name}
        </span>
        <span class="muted small">{bytesText(file.size)}</span>
        {state === 'ready' && <Badge tone="ok">Ready</Badge>}
        {state === 'checking' && <Badge tone="run">Checking</Badge>}
        {state === 'failed' && (
          <Button compact onClick={onRetry}>
            Resume
          </Button>
        )}
        <Button icon="close" label={`Remove ${file.name}`} look="plain" compact onClick={onClear} />
      </div>
      {(state === 'sending' || state === 'checking') && (
        <Bar value={file.size ? bytes / file.size : 0} label={`Upload of ${file.name}`} />
      )}
      {error && <p class="field-error">{error}</p>}
      <p class="hidden-text" role="status">
        {state === 'ready' ? `${file.name} is ready.` : ''}
      </p>
    </div>
  );
}

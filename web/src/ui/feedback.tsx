import type { ComponentChildren } from 'preact';
import type { Shown } from '../api/problem.ts';
import type { Tone } from '../lib/tone.ts';
import { Icon, type IconName } from './icon.tsx';

export type { Tone };

export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

interface NoticeProps {
  tone?: Tone;
  title?: string;
  children?: ComponentChildren;
}

const NOTICE_ICONS: Record<Tone, IconName> = { ok: 'circle', run: 'info', warn: 'alert', bad: 'alert', '': 'info' };

export function Notice({ tone = 'run', title, children }: NoticeProps) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon name={NOTICE_ICONS[tone]} />
      <div>
        {title && <strong>{title}</strong>}
        {children}
      </div>
    </div>
  );
}

export function ErrorNotice({ error, onRetry }: { error: Shown; onRetry?: () => void }) {
  return (
    <Notice tone="bad">
      <p>
        {error.message} {error.docs && <a href={error.docs}>About this error</a>}
      </p>
      {onRetry && (
        <p>
          <button type="button" class="button compact" onClick={onRetry}>
            <Icon name="refresh" />
            Try again
          </button>
        </p>
      )}
    </Notice>
  );
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** A placeholder for lines that are being loaded. `lines`: number of lines. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  const widths = ['w-90', 'w-60', 'w-75'];
  return (
    <div class="stack" aria-hidden="true">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class={`skeleton ${widths[line % 3]}`} />
      ))}
    </div>
  );
}

/** A measured share of a total. `value` is from 0 to 1. */
export function Bar({ value, label, tone = '' }: { value: number; label: string; tone?: Tone }) {
  const part = Math.max(0, Math.min(1, value));
  return (
    <div
      class={`bar ${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
    >
      <span style={{ transform: `scaleX(${part})` }} />
    </div>
  );
}

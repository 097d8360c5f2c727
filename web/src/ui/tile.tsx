import type { ComponentChildren } from 'preact';

/** A figure with its label, and lines that explain it. */
export function Tile({ label, value, children }: { label: string; value: string; children?: ComponentChildren }) {
  return (
    <section class="card tile" aria-label={label}>
      <span class="muted small">{label}</span>
      <span class="value">{value}</span>
      {children}
    </section>
  );
}

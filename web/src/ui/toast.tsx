import { signal } from '@preact/signals';

/** Milliseconds for which a message is shown. */
const SHOWN_MS = 6000;

const toasts = signal<readonly { id: number; text: string }[]>([]);
let count = 0;

/** Shows a short message. Screen readers read it. */
export function showToast(text: string): void {
  const id = ++count;
  toasts.value = [...toasts.value.slice(-2), { id, text }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  }, SHOWN_MS);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text }) => (
        <div class="toast" key={id}>
          {text}
        </div>
      ))}
    </div>
  );
}

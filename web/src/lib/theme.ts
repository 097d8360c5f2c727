import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const NAME = 'airlock-theme';

export const theme = signal<Theme>(readTheme());

/** Shows the chosen theme, and remembers it in this browser. */
export function followTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    try {
      if (theme.value === 'system') localStorage.removeItem(NAME);
      else localStorage.setItem(NAME, theme.value);
    } catch {
      // Storage may be disabled. The choice then lasts until the person leaves the page.
    }
  });
}

function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(NAME);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}

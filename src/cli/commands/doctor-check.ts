/** One line of `doctor`: what was looked at, how it is, what was seen, and what to do about it. */
export interface Check {
  name: string;
  state: 'ok' | 'warning' | 'unsafe';
  seen: string;
  remedy: string | null;
}

/** One line of `doctor`: the name of the check, its state, what was seen, and the remedy. */
export interface Check {
  name: string;
  state: 'ok' | 'warning' | 'unsafe';
  seen: string;
  remedy: string | null;
}

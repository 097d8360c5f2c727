/** Returns an element that the page contains from the beginning. */
export function find<E extends HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** Formats seconds as `1:02:03`, or as `2:03` below an hour. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

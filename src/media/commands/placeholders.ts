/** `{{in_1}}`: a name of `input_files` or `output_files`. */
export const PLACEHOLDER = /\{\{\s*([A-Za-z0-9_-]{1,64})\s*\}\}/g;

/** The name when the whole word is one placeholder. */
export function placeholderName(text: string): string | null {
  return /^\{\{\s*([A-Za-z0-9_-]{1,64})\s*\}\}$/.exec(text)?.[1] ?? null;
}

/** A URL as it may stand in a filter's option, in quotes or not: what would end it there is percent-encoded. */
export function urlForFilter(url: string): string {
  const head = /^[A-Za-z]+:\/\/[^/?#]*/.exec(url)?.[0] ?? '';
  const encode = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return head + url.slice(head.length).replace(/[:,;[\]'\\]/g, encode);
}

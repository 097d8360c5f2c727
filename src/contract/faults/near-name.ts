const MAX_NAME = 64;

/**
 * Returns the known name that was probably meant. It differs only in case, `_` and `-`, or its edit distance is at most a third of its
 * length, or 1 for a short name. Returns null if no name is similar enough.
 */
export function nearestName(name: string, known: Iterable<string>): string | null {
  const wanted = plain(name.slice(0, MAX_NAME));
  let best: { name: string; distance: number } | null = null;
  for (const candidate of known) {
    const limit = Math.min(Math.max(1, Math.floor(candidate.length / 3)), best ? best.distance - 1 : MAX_NAME);
    const name = plain(candidate);
    if (Math.abs(name.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, name);
    // Without the condition `distance < wanted.length`, a name of one letter would be similar to every other name of one letter.
    if (distance <= limit && (distance === 0 || distance < wanted.length)) best = { name: candidate, distance };
  }
  return best?.name ?? null;
}

/** Returns ` Did you mean "…"?` or an empty text, to follow a sentence. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const near = nearestName(name, known);
  return near === null ? '' : ` Did you mean "${near}"?`;
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[_-]/g, '');
}

/** Returns the number of edits of one letter (Levenshtein). Swapping two adjacent letters counts as one edit. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      let least = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      next[j] = least;
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}

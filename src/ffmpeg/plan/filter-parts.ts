/**
 * A part of a stream's filters: a chain with one open end on each side, or a function for filters whose ends need
 * labels. Null = an end of the command's simple filter, which has no label.
 */
export type Piece = string | ((input: string | null, output: string | null) => string);

/** Returns a label that no graph of the caller contains, because labels of the caller get a prefix. */
export type FreshLabel = () => string;

export function freshLabels(): FreshLabel {
  let count = 0;
  return () => `j${count++}`;
}

/** Joins pieces into one text, with fresh labels between them. */
export function joinPieces(
  pieces: readonly Piece[],
  input: string | null,
  output: string | null,
  fresh: FreshLabel,
): string {
  const parts: string[] = [];
  let from = input;
  let run: string[] = [];
  const flush = (to: string | null) => {
    parts.push(`${bracket(from)}${run.join(',')}${bracket(to)}`);
    run = [];
    from = to;
  };
  for (const [index, piece] of pieces.entries()) {
    if (typeof piece === 'string') {
      run.push(piece);
      continue;
    }
    if (run.length > 0) flush(fresh());
    const to = index === pieces.length - 1 ? output : fresh();
    parts.push(piece(from, to));
    from = to;
  }
  if (run.length > 0) flush(output);
  return parts.join(';');
}

function bracket(label: string | null): string {
  return label === null ? '' : `[${label}]`;
}

/**
 * A part of the way of one stream through filters: a chain with one open end on each side, or filters that need their
 * ends to be named. Null = the end of the command's simple filter, which has no label.
 */
export type Piece = string | ((input: string | null, output: string | null) => string);

/** Makes labels that no graph of the caller's has: those carry a prefix of their own. */
export type FreshLabel = () => string;

export function freshLabels(): FreshLabel {
  let count = 0;
  return () => `j${count++}`;
}

/** Joins pieces into one text; the labels between them are fresh ones. */
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

/** A range of bytes, with inclusive ends. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Parses a `Range` header for an object of `size` bytes. Null = send the entire object: "A server MAY ignore the Range header field" (RFC
 * 9110). S3 does the same for other units, several ranges and invalid values.
 */
export function parseRange(header: string, size: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header);
  const [first, last] = match?.slice(1) ?? ['', ''];
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'unsatisfiable' : { start, end };
}

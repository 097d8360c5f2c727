/** A range of bytes, with inclusive ends. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Parses a `Range` header for an object of `size` bytes. Returns null if the entire object must be sent: for other units, several ranges
 * and invalid values, as S3 does. RFC 9110: "A server MAY ignore the Range header field".
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

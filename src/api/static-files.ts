import { readFile } from 'node:fs/promises';

/** Copies that the build has compressed, best first. */
const ENCODINGS = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const;

/**
 * The smallest copy of a built file that a client accepts, or null if there is no such file.
 * @param accepted the header `accept-encoding`
 */
export async function readStatic(
  path: string,
  accepted?: string,
): Promise<{ bytes: Buffer; encoding: string | null } | null> {
  const encodings = acceptedEncodings(accepted);
  for (const { name, ending } of ENCODINGS) {
    const bytes = encodings.includes(name) ? await readOrNull(path + ending) : null;
    if (bytes) return { bytes, encoding: name };
  }
  const bytes = await readOrNull(path);
  return bytes && { bytes, encoding: null };
}

function acceptedEncodings(header = ''): readonly string[] {
  const parts = header.split(',');
  return parts.filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part)).map((part) => part.split(';', 1)[0]!.trim());
}

async function readOrNull(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return null;
    throw error;
  }
}

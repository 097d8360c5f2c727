const MAX_NAME_BYTES = 200;

/**
 * Cleans a file name for storage: removes directories, control characters, leading dots and dashes, and truncates it to 200 bytes of UTF-8,
 * keeping the extension. Bidi controls and other invisible format characters count as control characters, because they change how a name
 * reads. The joiners that emoji need are kept.
 */
export function cleanFilename(name: string): string {
  const last = name.normalize('NFC').split(/[/\\]/).filter(Boolean).at(-1) ?? '';
  const cleaned = last
    .replace(/(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, '')
    .replace(/^[.\-\s]+/, '')
    .trimEnd();
  return limitBytes(cleaned || 'file', MAX_NAME_BYTES);
}

/** Returns `YYYYMMDD-HHMMSS-<cleaned name>`, with the time in UTC. */
export function storedName(name: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${cleanFilename(name)}`;
}

/** Inserts a number before the extension, for two equal names in one second: `clip.mp4` → `clip-2.mp4`. */
export function numberedName(name: string, number: number): string {
  const { stem, extension } = splitExtension(name);
  return limitBytes(`${stem}-${number}${extension}`, MAX_NAME_BYTES + 16);
}

function limitBytes(name: string, maximum: number): string {
  if (Buffer.byteLength(name) <= maximum) return name;
  const { stem, extension } = splitExtension(name);
  let kept = '';
  for (const character of stem) {
    if (Buffer.byteLength(kept + character + extension) > maximum) break;
    kept += character;
  }
  return kept + extension;
}

export function splitExtension(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  return /^\.[A-Za-z0-9]{1,10}$/.test(extension)
    ? { stem: name.slice(0, dot), extension }
    : { stem: name, extension: '' };
}

import type { AssetKind } from '../../types.ts';

const MAX_LENGTH = 2048;

const NAMES: Readonly<Record<AssetKind, string>> = {
  subtitle: 'captions.srt',
  lut: 'look.cube',
  font: 'Brand.ttf',
  picture: 'logo.png',
  media: 'clip.mp4',
};

export type AssetResult = { ok: true; source: string } | { ok: false; reason: string; suggestion: string };

/** Reads the name of a file in a filter: a URL, `gs://…`, or `input:N` for input N of the job, counted from 0. */
export function readAsset(text: string, kind: AssetKind): AssetResult {
  const value = text.trim();
  const suggestion = `Send https://…/${NAMES[kind]}, the gs:// name of an upload, or input:N (counted from 0) for an input of the job.`;
  const input = /^input:(\d{1,2})$/i.exec(value);
  if (input) return { ok: true, source: `input:${Number(input[1])}` };
  if (value.length > MAX_LENGTH)
    return { ok: false, reason: `names a URL of more than ${MAX_LENGTH} characters`, suggestion };
  if (/^(?:https?|gs):\/\//i.test(value) && !/[\s\p{Cc}\p{Cf}\\]/u.test(value) && URL.canParse(value)) {
    return { ok: true, source: value };
  }
  if (value === '') return { ok: false, reason: 'names no file', suggestion };
  return { ok: false, reason: 'names a file of the server, which no request may read', suggestion };
}

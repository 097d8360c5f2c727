import type { AssetKind, AssetRequest, Rejection } from '../../types.ts';

/** Maximum number of files that one request may name in addition to its inputs. */
export const MAX_ASSETS = 10;
const MAX_URL = 2048;

/** Position of a file name in the request, for a rejection. */
export interface AssetPosition {
  field: string;
  offset?: number;
  option: string;
}

/** Collects the files that graphs and overlays name: each file once, in the order of its first use. */
export interface AssetList {
  assets: AssetRequest[];
  /** Returns the position of the asset in the list, or the reason why it may not be named. */
  add(kind: AssetKind, source: string, position: AssetPosition): number | Rejection;
}

export function assetList(inputs: readonly { url: string }[]): AssetList {
  const assets: AssetRequest[] = [];
  return {
    assets,
    add(kind, text, position) {
      const reject = (reason: string, suggestion: string): Rejection => ({ ...position, reason, suggestion });
      const source = readSource(text, inputs);
      if (typeof source === 'string') return reject(source, ADVICE);
      const known = assets.findIndex((asset) => asset.kind === kind && sameSource(asset.source, source));
      if (known >= 0) return known;
      if (assets.length >= MAX_ASSETS) {
        return reject(
          `The request names more than ${MAX_ASSETS} files.`,
          'Use fewer, or split the work over two jobs.',
        );
      }
      return assets.push({ kind, source, field: position.field }) - 1;
    },
  };
}

const ADVICE = 'Name an https:// or gs:// URL, or input:N for an input of this request, counted from 0.';

/** Returns the source, or the reason why the text is not a source. */
function readSource(text: string, inputs: readonly { url: string }[]): AssetRequest['source'] | string {
  const input = /^input:(\d{1,2})$/i.exec(text);
  if (input) {
    const index = Number(input[1]);
    return index < inputs.length ? { type: 'input', index } : `There is no input ${index}.`;
  }
  const same = inputs.findIndex(({ url }) => url === text);
  if (same >= 0) return { type: 'input', index: same };
  if (/^file:/i.test(text) || /^(?:[./~\\]|[A-Za-z]:[\\/])/.test(text)) return 'Files of the server cannot be named.';
  if (text.length > MAX_URL) return `The URL is longer than ${MAX_URL} characters.`;
  if (/[\u0000-\u0020\u007f]/.test(text)) return 'The URL contains spaces or control characters.';
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'gs' || scheme === 'https' || scheme === 'http') {
    return /^[A-Za-z]+:\/\/[^/]/.test(text) ? { type: 'url', url: text } : 'This is not a complete URL.';
  }
  return scheme ? 'Only https, http and gs URLs can be fetched.' : 'Files of the server cannot be named.';
}

function sameSource(a: AssetRequest['source'], b: AssetRequest['source']): boolean {
  if (a.type === 'input') return b.type === 'input' && a.index === b.index;
  return b.type === 'url' && a.url === b.url;
}

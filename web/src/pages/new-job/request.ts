import type { OutputFormat, Quality, Resolution } from '../../../../src/contract/formats.ts';

export interface DraftOption {
  id: number;
  option: string;
  argument: string;
}

/** What has been chosen so far, apart from the sources. */
export interface Draft {
  format: OutputFormat;
  mode: 'preset' | 'options';
  quality: Quality;
  resolution: Resolution | '';
  options: readonly DraftOption[];
}

export const EMPTY_DRAFT: Draft = { format: 'mp4', mode: 'preset', quality: 'medium', resolution: '', options: [] };

/** Stands for a source that is not there yet, so that the rest of a request can be checked. */
const PLACEHOLDER = 'https://example.org/your-file.mp4';

export interface Body {
  inputs: { url: string }[];
  outputFormat: string;
  preset?: { quality: string; resolution?: string };
  options?: { option: string; argument?: string }[];
}

/** The body of the request. */
export function bodyOf(draft: Draft, urls: readonly (string | null)[]): Body {
  const sources = urls.length > 0 ? urls : [null];
  return {
    inputs: sources.map((url) => ({ url: url ?? PLACEHOLDER })),
    outputFormat: draft.format,
    ...(draft.mode === 'preset'
      ? { preset: { quality: draft.quality, ...(draft.resolution && { resolution: draft.resolution }) } }
      : { options: filled(draft.options).map(({ option, argument }) => ({ option, ...(argument && { argument }) })) }),
  };
}

/** Those that have a name; a row is empty while one writes it. */
export function filled(options: readonly DraftOption[]): readonly DraftOption[] {
  return options.filter(({ option }) => option.trim() !== '');
}

import { numberField } from './numbers.ts';

export type PictureKind = 'still' | 'thumbnails' | 'sprite' | 'preview' | 'waveform';
export type StillFormat = 'jpg' | 'png' | 'webp';
export type PreviewFormat = 'gif' | 'webp' | 'mp4';

/** The current choices for pictures. Numbers are texts, and an empty text means the default. */
export interface DraftPictures {
  stillFormat: StillFormat;
  /** Which picture a still shows. */
  at: 'best' | 'share' | 'seconds';
  share: string;
  atSeconds: string;
  /** Width in pixels. */
  stillWidth: string;
  /** Seconds between pictures. */
  every: string;
  tileWidth: string;
  columns: string;
  previewFormat: PreviewFormat;
  previewSeconds: string;
  segments: string;
  previewWidth: string;
  waveWidth: string;
  waveHeight: string;
  color: string;
}

export function newPictures(): DraftPictures {
  return {
    ...{ stillFormat: 'jpg', at: 'best', share: '50', atSeconds: '10', stillWidth: '1280' },
    ...{ every: '5', tileWidth: '', columns: '' },
    ...{ previewFormat: 'webp', previewSeconds: '4', segments: '', previewWidth: '' },
    ...{ waveWidth: '800', waveHeight: '120', color: '#3366cc' },
  } as const;
}

export function pictureFormat(kind: PictureKind, { stillFormat, previewFormat }: DraftPictures): string {
  const formats = {
    still: stillFormat,
    preview: previewFormat,
    waveform: 'png',
    thumbnails: 'thumbnails',
    sprite: 'sprite',
  };
  return formats[kind];
}

/** Returns the fields of the request. */
export function pictureFields(kind: PictureKind, draft: DraftPictures): Record<string, unknown> {
  const { every, tileWidth, columns, previewSeconds, segments, previewWidth, waveWidth, waveHeight, color } = draft;
  switch (kind) {
    case 'still':
      return { still: { ...timeOf(draft), ...numberField('width', draft.stillWidth) } };
    case 'thumbnails':
      return { ...numberField('every_seconds', every), ...numberField('width', tileWidth) };
    case 'sprite':
      return {
        ...numberField('every_seconds', every),
        ...numberField('width', tileWidth),
        ...numberField('columns', columns),
      };
    case 'preview': {
      const parts = { ...numberField('segments', segments), ...numberField('width', previewWidth) };
      return { preview: { ...numberField('seconds', previewSeconds), ...parts } };
    }
    case 'waveform':
      return { waveform: { ...numberField('width', waveWidth), ...numberField('height', waveHeight), color } };
  }
}

function timeOf({ at, share, atSeconds }: DraftPictures): Record<string, unknown> {
  if (at === 'best') return { at };
  return at === 'share' ? { at: `${share}%` } : numberField('at', atSeconds);
}

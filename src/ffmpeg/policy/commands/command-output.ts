import { OUTPUT_FORMATS, type OutputFormat } from '../../../contract/formats.ts';

const EXTENSIONS: Readonly<Record<string, OutputFormat>> = {
  jpeg: 'jpg',
  m4v: 'mp4',
  oga: 'ogg',
  weba: 'webm',
  qt: 'mov',
};

export type OutputName = { ok: true; format: OutputFormat } | { ok: false; message: string; suggestion: string };

/** Returns the format of an output by the name of its file, or why the name is not allowed. */
export function formatOf(name: unknown): OutputName {
  const wrong = (message: string, suggestion: string): OutputName => ({ ok: false, message, suggestion });
  const example = 'Use a plain name such as result.mp4.';
  if (typeof name !== 'string' || name === '' || name.length > 200) return wrong('The name must be a string.', example);
  if (/[/\\\u0000-\u001f]/.test(name) || name.startsWith('.')) return wrong('The name contains a folder.', example);
  if (/%\d*d/.test(name)) {
    return wrong('A command has one output: a series of files is not possible.', 'Remove %d from the name.');
  }
  const extension = /\.([A-Za-z0-9]{1,8})$/.exec(name)?.[1]?.toLowerCase() ?? '';
  const format =
    OUTPUT_FORMATS.find((known) => known === extension) ??
    (Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined);
  if (format) return { ok: true, format };
  return wrong('The extension of the name is not an output format.', `Use one of ${OUTPUT_FORMATS.join(', ')}.`);
}

/** Returns a field with its number, or no field while the text is empty, so that the default applies. */
export function numberField(name: string, text: string): Record<string, number> {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? {} : { [name]: number };
}

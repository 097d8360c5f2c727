import { escapeXml } from '../storage/xml.ts';

/** Serializes an element. Escapes the text of the element. Characters that XML 1.0 forbids become U+FFFD. */
export function element(name: string, content: string | number | boolean): string {
  return `<${name}>${escapeXml(String(content))}</${name}>`;
}

export function document(root: string, body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${body}</${root}>`;
}

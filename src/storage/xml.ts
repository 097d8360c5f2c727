import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element: its text if it has no children, otherwise its children by name. Several children of one name form a list. */
export type XmlValue = string | XmlElement | XmlValue[];
export interface XmlElement {
  [name: string]: XmlValue;
}

/** Maximum number of nested tags. S3's documents have at most four levels. */
const MAX_DEPTH = 10;
/** Maximum number of tags, each of which takes several microseconds to parse. A page of 1,000 keys has 18,000 to 22,000 tags. */
const MAX_TAGS = 25_000;

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  // The parser decodes no entities. `unescapeXml` decodes XML's five entities and numeric entities, but no entity that a document defines.
  processEntities: false,
  maxNestedTags: MAX_DEPTH,
});

/**
 * Returns the children of the root element, which must have that name. Ignores namespaces and attributes. Callers limit
 * the size. Throws for a document that is not well-formed, has another root, nests too deeply, has too many tags, or
 * contains what S3's documents never contain: declarations of types and entities, comments and CDATA.
 */
export function parseXml(xml: string, root: string, maxTags = MAX_TAGS): XmlElement {
  checkTags(xml, maxTags);
  // Parse before validating, because parsing is faster and limits the depth.
  const parsed = parser.parse(xml) as XmlElement;
  if (XMLValidator.validate(xml) !== true) throw new Error('the document is not well-formed XML');
  const value = Object.hasOwn(parsed, root) ? parsed[root] : undefined;
  if (value === '') return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`the document is not a ${root}`);
  return value;
}

/** Returns the unescaped text of a child. Null if the child is missing, repeated or not plain text. */
export function textOf(element: XmlElement, name: string): string | null {
  const value = Object.hasOwn(element, name) ? element[name] : undefined;
  return typeof value === 'string' ? unescapeXml(value) : null;
}

/** Returns the children of that name. A child without child elements becomes an empty element. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  const value = Object.hasOwn(element, name) ? element[name]! : [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((each) => (typeof each === 'object' && !Array.isArray(each) ? each : {}));
}

/** Escapes text for the content of an element. Characters that XML 1.0 forbids become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replace(/[&<>"'\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Checks quickly, before parsing, that each `<` begins a tag that ends before the next `<`. Throws otherwise, or if the document contains
 * too many tags or a declaration, a comment or CDATA.
 */
function checkTags(xml: string, maxTags: number): void {
  let count = 0;
  for (let at = xml.indexOf('<'); at !== -1; ) {
    const end = xml.indexOf('>', at);
    const next = xml.indexOf('<', at + 1);
    if (end === -1 || (next !== -1 && next < end)) throw new Error('the document is not well-formed XML');
    if (xml[at + 1] === '!') throw new Error('the document contains a declaration, a comment or CDATA');
    count += 1;
    if (count > maxTags) throw new Error('the document has too many tags');
    at = next;
  }
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|quot|apos|amp));/g, (_, hex, decimal, name) =>
    name ? named[name]! : character(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );
}

function character(codePoint: number): string {
  if (codePoint <= 0x10ffff) return String.fromCodePoint(codePoint);
  throw new Error('the document contains a character that does not exist');
}

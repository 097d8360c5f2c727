/** Addresses of the pictures of blueprints in the documentation, by slug. */
const found = import.meta.glob<string>('../../../../docs/images/blueprints/*.jpg', {
  eager: true,
  query: '?url',
  import: 'default',
});

const pictures = new Map(
  Object.entries(found).map(([path, url]) => [path.split('/').at(-1)!.replace('.jpg', ''), url]),
);

/** Returns the address of a blueprint's picture; undefined for a blueprint without a picture. */
export function pictureOf(slug: string): string | undefined {
  return pictures.get(slug);
}

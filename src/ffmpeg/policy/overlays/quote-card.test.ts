import { describe, expect, it } from 'vitest';
import { cardGeometry, photoDiameter } from './card-geometry.ts';
import { quoteCardFilters } from './overlay-filters.ts';
import { parseQuoteCard } from './quote-card.ts';

const CARD = { quote: 'Words', name: null, handle: null, photoUrl: null };
const FRAME = { width: 1280, height: 720 };

describe('parseQuoteCard', () => {
  it('reads every key, and joins the lines of names', () =>
    expect(parseQuoteCard({ quote: ' a\nb ', name: 'Ann\nLee', handle: '@a', photo_url: 'gs://b/c.png' })).toEqual({
      ok: true,
      card: { quote: 'a\nb', name: 'Ann Lee', handle: '@a', photoUrl: 'gs://b/c.png' },
      warnings: [],
    }));
  it('requires only the quote', () =>
    expect(parseQuoteCard({ quote: 'Words' })).toEqual({ ok: true, card: CARD, warnings: [] }));
  it('suggests the nearest key', () => {
    const result = parseQuoteCard({ quote: 'a', photoUrl: 'https://x/y.png' });
    expect(result.ok && result.warnings[0]).toContain('photo_url');
  });
  it.each([
    [null, ''],
    ['text', ''],
    [{}, 'quote'],
    [{ quote: ' ' }, 'quote'],
    [{ quote: 'x'.repeat(1001) }, 'quote'],
    [{ quote: 5 }, 'quote'],
    [{ quote: 'a', name: 'x'.repeat(101) }, 'name'],
    [{ quote: 'a', handle: {} }, 'handle'],
    [{ quote: 'a', photo_url: 'file:///etc/passwd' }, 'photo_url'],
    [{ quote: 'a', photo_url: 'https://a b' }, 'photo_url'],
    [{ quote: 'a', photo_url: 7 }, 'photo_url'],
    [{ quote: 'a', photo_url: `https://x/${'y'.repeat(2048)}` }, 'photo_url'],
  ])('rejects %j', (argument, key) => expect(parseQuoteCard(argument)).toMatchObject({ ok: false, key }));
});

describe('cardGeometry', () => {
  it.each([FRAME, { width: 720, height: 1280 }, { width: 320, height: 180 }, { width: 2, height: 2 }])(
    'keeps its parts inside %j',
    (frame) => {
      const { card, header, photo, quote } = cardGeometry(frame, { photo: true, header: true });
      for (const { x, y, width, height } of [card, header!, photo!, quote]) {
        expect([x, y, width, height].every(Number.isInteger)).toBe(true);
        if (frame.width > 100)
          expect(x + width <= card.x + card.width && y + height <= card.y + card.height).toBe(true);
      }
      expect(photo!.width).toBe(photoDiameter(frame));
    },
  );
  it('gives the quote the space of a missing header', () =>
    expect(cardGeometry(FRAME, { photo: false, header: false }).quote.height).toBeGreaterThan(
      cardGeometry(FRAME, { photo: false, header: true }).quote.height,
    ));
});

describe('quoteCardFilters', () => {
  it('defines and reads each of its own labels exactly once', () => {
    const photo = { picture: '2:v', mask: '3:v' };
    const text = quoteCardFilters(CARD, FRAME, { input: '0:v', layer: '1:v', output: 'o', photo, prefix: 'c1' });
    const labels = [...text.matchAll(/\[([^\]]+)\]/g)].map(([, label]) => label!);
    const ours = labels.filter((label) => !/^\d:v$/.test(label) && label !== 'o');
    for (const label of ours) expect(ours.filter((other) => other === label)).toHaveLength(2);
    expect(text).not.toContain('Words');
  });
});

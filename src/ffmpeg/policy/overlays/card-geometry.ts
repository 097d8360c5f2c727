/** A rectangle of the frame, in integer pixels. */
export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface CardGeometry {
  /** Rectangle of the white card. */
  card: Rectangle;
  radius: number;
  /** Rectangle of name and handle; null if the card has neither of them and no photo. */
  header: Rectangle | null;
  /** Square around the round photo. */
  photo: Rectangle | null;
  quote: Rectangle;
}

/**
 * Computes the layout of a quote card. The layout depends only on the frame and the parts of the card, so that the drawn layer and the
 * filters that overlay the photo agree. The proportions were chosen by eye.
 */
export function cardGeometry(
  frame: { width: number; height: number },
  has: { photo: boolean; header: boolean },
): CardGeometry {
  const short = Math.min(frame.width, frame.height);
  const inset = Math.round(short * 0.07);
  const padding = Math.round(short * 0.06);
  const card = { x: inset, y: inset, width: frame.width - 2 * inset, height: frame.height - 2 * inset };
  const inner = {
    x: card.x + padding,
    y: card.y + padding,
    width: Math.max(1, card.width - 2 * padding),
    height: Math.max(1, card.height - 2 * padding),
  };
  const radius = Math.round(short * 0.04);
  if (!has.photo && !has.header) return { card, radius, header: null, photo: null, quote: inner };
  const diameter = photoDiameter(frame);
  const photo = has.photo ? { x: inner.x, y: inner.y, width: diameter, height: diameter } : null;
  const shift = has.photo ? diameter + Math.round(padding / 2) : 0;
  const header = { x: inner.x + shift, y: inner.y, width: Math.max(1, inner.width - shift), height: diameter };
  const below = diameter + Math.round(padding * 0.7);
  return {
    card,
    radius,
    header,
    photo,
    quote: { ...inner, y: inner.y + below, height: Math.max(1, inner.height - below) },
  };
}

/** Returns the diameter of a card's photo in pixels. The diameter is at least 2, and even because 4:2:0 pictures are scaled to it. */
export function photoDiameter(frame: { width: number; height: number }): number {
  return Math.max(2, 2 * Math.round(Math.min(frame.width, frame.height) * 0.09));
}

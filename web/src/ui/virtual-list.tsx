import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Number of rows that are drawn above and below the visible rows. */
const SPARE_ROWS = 6;

interface VirtualListProps {
  count: number;
  /** Height of a row in pixels. */
  rowHeight: number;
  label: string;
  head: ComponentChildren;
  /** Draws the row at a position. */
  row: (index: number) => ComponentChildren;
  /** Called with the positions of the first and the last drawn row when they change. */
  onShow: (first: number, last: number) => void;
}

/** A table of any length that scrolls with the page and draws only the rows on the screen. */
export function VirtualList({ count, rowHeight, label, head, row, onShow }: VirtualListProps) {
  const body = useRef<HTMLDivElement>(null);
  const [{ first, last }, setRange] = useState({ first: 0, last: 20 });
  useEffect(() => {
    const measure = () => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const start = Math.max(0, Math.floor(-top / rowHeight) - SPARE_ROWS);
      const end = Math.ceil((innerHeight - top) / rowHeight) + SPARE_ROWS;
      setRange((range) => (range.first === start && range.last === end ? range : { first: start, last: end }));
    };
    measure();
    addEventListener('scroll', measure, { passive: true });
    addEventListener('resize', measure);
    return () => {
      removeEventListener('scroll', measure);
      removeEventListener('resize', measure);
    };
  }, [rowHeight]);
  const end = Math.min(last, count - 1);
  useEffect(() => onShow(first, end), [first, end, count]);
  const visible = Array.from({ length: Math.max(0, end - first + 1) }, (_, offset) => first + offset);
  return (
    <div role="table" aria-label={label} aria-rowcount={count + 1}>
      <div role="rowgroup">{head}</div>
      <div role="rowgroup" class="rows" ref={body} style={{ height: `${count * rowHeight}px` }}>
        {visible.map((index) => (
          <div
            role="row"
            key={index}
            class="row"
            aria-rowindex={index + 2}
            style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
          >
            {row(index)}
          </div>
        ))}
      </div>
    </div>
  );
}

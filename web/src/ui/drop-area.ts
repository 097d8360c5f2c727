import { useState } from 'preact/hooks';

/** Returns the handlers of an element that accepts dropped files, and whether files are over the element. */
export function useDropArea(take: (files: FileList | null | undefined) => void) {
  const [isOver, setOver] = useState(false);
  const handlers = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      take(event.dataTransfer?.files);
    },
  };
  return { isOver, handlers };
}

import { Button } from './button.tsx';

export function Pager({ page, pages, onChange }: { page: number; pages: number; onChange: (page: number) => void }) {
  if (pages <= 1) return null;
  return (
    <nav class="pager" aria-label="Pages of the list">
      <Button compact disabled={page <= 1} onClick={() => onChange(page - 1)}>
        Newer
      </Button>
      <span class="muted small">
        {page} of {pages}
      </span>
      <Button compact disabled={page >= pages} onClick={() => onChange(page + 1)}>
        Older
      </Button>
    </nav>
  );
}

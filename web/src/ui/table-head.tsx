interface TableHeadProps {
  columns: readonly string[];
  /** Whether the last cell of each row contains buttons. */
  hasActions?: boolean;
}

/** The row with the headings of a table's columns. */
export function TableHead({ columns, hasActions = false }: TableHeadProps) {
  return (
    <thead>
      <tr>
        {columns.map((text) => (
          <th scope="col" key={text}>
            {text}
          </th>
        ))}
        {hasActions && (
          <th scope="col">
            <span class="hidden-text">Actions</span>
          </th>
        )}
      </tr>
    </thead>
  );
}

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface PageProps {
  title: string;
  /** Text below the title. */
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** False until the first page has been shown. When the browser loads a page, the focus stays where the browser puts it. */
let hasNavigated = false;

/** A page with its heading. After a navigation, the heading gets the focus, so that screen readers read it. */
export function Page({ title, lead, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Airlock`;
  }, [title]);
  useEffect(() => {
    if (hasNavigated) heading.current?.focus({ preventScroll: true });
    hasNavigated = true;
  }, []);
  return (
    <>
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1} class="wrap-anywhere">
            {title}
          </h1>
          {lead && <p>{lead}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** A titled part of a page in a frame. */
export function Card({
  title,
  tools,
  children,
  flush,
}: {
  title: string;
  tools?: ComponentChildren;
  children: ComponentChildren;
  /** Whether to omit the space around the content, as for tables. */
  flush?: boolean;
}) {
  return (
    <section class="card" aria-label={title}>
      <div class="card-head">
        <h2>{title}</h2>
        {tools}
      </div>
      {flush ? <div class="table-scroll">{children}</div> : <div class="card-body">{children}</div>}
    </section>
  );
}

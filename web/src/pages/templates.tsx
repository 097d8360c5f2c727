import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Template, TemplateSummary } from '../../../src/contract/templates.ts';
import { may } from '../api/session-state.ts';
import { Button } from '../ui/button.tsx';
import { Badge, ErrorNotice, Skeleton } from '../ui/feedback.tsx';
import { Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { Ago } from '../ui/time.tsx';
import { TemplateDialog } from './templates/edit.tsx';
import { templatePath } from './templates/paths.ts';

export function TemplatesPage() {
  const { route } = useLocation();
  const { data, error, reload } = useResource<{ items: TemplateSummary[] }>('/v1/templates');
  const [isCreating, setCreating] = useState(false);
  const create = may('manage') && (
    <Button icon="plus" look="main-action" onClick={() => setCreating(true)}>
      Add template
    </Button>
  );
  return (
    <Page title="Templates" lead="Requests that jobs use by name. Some are built in." actions={create}>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={6} />}
      {data && (
        <div class="card table-scroll">
          <TemplateTable templates={data.items} />
        </div>
      )}
      {isCreating && (
        <TemplateDialog
          template={null}
          onSaved={(saved: Template) => route(templatePath(saved.name))}
          onClose={() => setCreating(false)}
        />
      )}
    </Page>
  );
}

function TemplateTable({ templates }: { templates: readonly TemplateSummary[] }) {
  return (
    <table class="table stacked">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Version</th>
          <th scope="col">Saved</th>
        </tr>
      </thead>
      <tbody>
        {templates.map((template) => (
          <tr key={template.name}>
            <th scope="row">
              <a class="mono wrap-anywhere" href={templatePath(template.name)}>
                {template.name}
              </a>
              {template.description && <div class="muted small">{template.description}</div>}
            </th>
            <td data-label="Version">{template.version}</td>
            <td data-label="Saved">
              {template.updated_at ? <Ago at={template.updated_at} /> : <Badge tone="">Built in</Badge>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

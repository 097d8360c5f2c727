import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import type { Template } from '../../../src/contract/templates.ts';
import { remove } from '../api/client.ts';
import { may } from '../api/session-state.ts';
import { Button } from '../ui/button.tsx';
import { Code } from '../ui/copy.tsx';
import { Confirm } from '../ui/dialog.tsx';
import { Badge, ErrorNotice, Skeleton } from '../ui/feedback.tsx';
import { SelectField } from '../ui/field.tsx';
import { Card, Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { TemplateDialog } from './templates/edit.tsx';
import { newJobPath, templateApiPath } from './templates/paths.ts';

/** The question that the page asks before it changes the template. */
type Question = 'version' | 'delete';

export function TemplatePage() {
  const name = useRoute().params.name!;
  /** Number of the version; null for the newest version. */
  const [version, setVersion] = useState<number | null>(null);
  const [dialog, setDialog] = useState<Question | null>(null);
  const path = templateApiPath(version === null ? name : `${name}@${version}`);
  const { data: template, error, reload } = useResource<Template>(path);
  if (!template) {
    return (
      <Page title="Template">{error ? <ErrorNotice error={error} onRetry={reload} /> : <Skeleton lines={6} />}</Page>
    );
  }
  return (
    <Page
      title={template.name}
      lead={template.description ?? 'A request that jobs use by name.'}
      actions={<TemplateActions template={template} onAsk={setDialog} />}
    >
      {error && <ErrorNotice error={error} onRetry={reload} />}
      <VersionCard template={template} onChoose={setVersion} />
      {dialog === 'version' && (
        <TemplateDialog
          template={template}
          onSaved={() => {
            setVersion(null);
            setDialog(null);
            reload();
          }}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === 'delete' && <DeleteDialog name={template.name} onClose={() => setDialog(null)} />}
    </Page>
  );
}

function VersionCard({ template, onChoose }: { template: Template; onChoose: (version: number) => void }) {
  return (
    <Card title={`Version ${template.version}`} tools={template.built_in ? <Badge tone="">Built in</Badge> : undefined}>
      {template.versions.length > 1 && (
        <SelectField
          label="Version"
          value={String(template.version)}
          choices={template.versions.map((one) => [String(one.version), versionText(one)] as const)}
          onChange={(chosen) => onChoose(Number(chosen))}
        />
      )}
      <Code text={JSON.stringify(template.request, null, 2)} label="Request" />
    </Card>
  );
}

function DeleteDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { route } = useLocation();
  return (
    <Confirm
      title={`Delete ${name}?`}
      action="Delete template"
      danger
      onConfirm={async () => {
        await remove(templateApiPath(name));
        route('/templates');
      }}
      onClose={onClose}
    >
      <p>Deletes all versions. Existing jobs stay unchanged. New jobs that name the template are rejected.</p>
    </Confirm>
  );
}

function versionText({ version, created_at }: Template['versions'][number]): string {
  return created_at ? `${version}, saved ${new Date(created_at).toLocaleString()}` : String(version);
}

function TemplateActions({ template, onAsk }: { template: Template; onAsk: (question: Question) => void }) {
  const { route } = useLocation();
  return (
    <>
      {may('create') && (
        <Button icon="play" onClick={() => route(newJobPath(`${template.name}@${template.version}`))}>
          Use in a job
        </Button>
      )}
      {may('manage') && !template.built_in && (
        <>
          <Button icon="plus" onClick={() => onAsk('version')}>
            New version
          </Button>
          <Button icon="trash" look="danger" onClick={() => onAsk('delete')}>
            Delete
          </Button>
        </>
      )}
    </>
  );
}

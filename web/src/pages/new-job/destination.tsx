import type { ConnectionView } from '../../../../src/contract/connections.ts';
import { may } from '../../api/session-state.ts';
import { ErrorNotice } from '../../ui/feedback.tsx';
import { Segments, SelectField, TextField } from '../../ui/field.tsx';
import { Card } from '../../ui/page.tsx';
import { useResource } from '../../ui/resource.ts';
import { type DraftDestination, destinationFault } from './destination-request.ts';

const KINDS: readonly (readonly [DraftDestination['kind'], string])[] = [
  ['none', 'None'],
  ['connection', 'A connection'],
  ['url', 'A presigned URL'],
];

interface DestinationProps {
  destination: DraftDestination;
  onChange: (destination: DraftDestination) => void;
}

/** The fields for the destination of a copy of the outputs. */
export function DestinationChoice({ destination, onChange }: DestinationProps) {
  const change = (changes: Partial<DraftDestination>) => onChange({ ...destination, ...changes });
  const { kind, url } = destination;
  return (
    <Card title="Destination">
      <div class="field">
        <div>
          <Segments label="Deliver a copy to" value={kind} choices={KINDS} onChange={(one) => change({ kind: one })} />
        </div>
        <span class="hint">
          Airlock delivers a copy of the outputs to your bucket or to a URL.{' '}
          <a href="/docs/destinations">Destinations</a>
        </span>
      </div>
      {kind === 'connection' && <ConnectionFields destination={destination} change={change} />}
      {kind === 'url' && (
        <TextField
          label="Presigned URL"
          type="url"
          autocomplete="off"
          value={url}
          error={destinationFault(destination)}
          hint="Requires a job with one output of one file. Airlock sends one PUT request to the URL."
          onInput={(text) => change({ url: text })}
        />
      )}
    </Card>
  );
}

interface FieldsProps {
  destination: DraftDestination;
  change: (changes: Partial<DraftDestination>) => void;
}

/** The fields for a connection. Only people who may manage connections can list them. Other people type the name. */
function ConnectionFields({ destination, change }: FieldsProps) {
  const { data, error, reload } = useResource<{ items: ConnectionView[] }>(may('manage') ? '/v1/connections' : null);
  const { connection, prefix } = destination;
  const fault = destinationFault(destination);
  const isLoading = may('manage') && !data && !error;
  const names = (data?.items ?? []).map(({ name, bucket }) => [name, `${name} (bucket ${bucket})`] as const);
  return (
    <>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {data?.items.length === 0 && (
        <p class="hint">
          The account has no connections yet. <a href="/connections">Add a connection</a>
        </p>
      )}
      <div class="output-fields">
        {isLoading || names.length > 0 ? (
          <SelectField
            label="Connection"
            value={connection}
            choices={[['', 'Choose a connection'], ...names]}
            onChange={(name) => change({ connection: name })}
          />
        ) : (
          <TextField
            label="Connection"
            value={connection}
            error={fault}
            onInput={(text) => change({ connection: text })}
          />
        )}
        <TextField
          label="Folder"
          value={prefix}
          placeholder="root of the bucket"
          maxLength={512}
          hint="For example, videos/2026."
          onInput={(text) => change({ prefix: text })}
        />
      </div>
    </>
  );
}

import { useState } from 'preact/hooks';
import type { ApiKeyView } from '../../../../src/contract/keys.ts';
import { post } from '../../api/client.ts';
import { Confirm } from '../../ui/dialog.tsx';
import { SelectField } from '../../ui/field.tsx';

const OVERLAPS = [
  ['0', 'At once'],
  ['3600', 'In an hour'],
  ['86400', 'In a day'],
  ['604800', 'In a week'],
] as const;

interface RotateKeyProps {
  apiKey: ApiKeyView;
  onMade: (key: RotatedApiKey) => void;
  onClose: () => void;
}

export type RotatedApiKey = ApiKeyView & { key: string | null; old_key_until: string };

export function RotateKeyDialog({ apiKey, onMade, onClose }: RotateKeyProps) {
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number][0]>('0');
  const rotate = async () => onMade(await post(`/v1/keys/${apiKey.id}/rotate`, { overlap_seconds: Number(overlap) }));
  return (
    <Confirm title={`Rotate ${apiKey.name}`} action="Rotate" onConfirm={rotate} onClose={onClose}>
      <p>
        You get a new key with the same permissions. To replace the old key in your programs without an interruption,
        let both keys work for some time.
      </p>
      <SelectField label="The old key ends" value={overlap} choices={OVERLAPS} onChange={setOverlap} />
    </Confirm>
  );
}

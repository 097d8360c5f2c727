import { serverNow } from '../../lib/clock.ts';
import { Code, Secret } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/feedback.tsx';
import { Due } from '../../ui/time.tsx';

interface NewKeyProps {
  name: string;
  raw: string;
  /** When the key that this key replaces stops working; null if it replaces no key. */
  oldKeyUntil: string | null;
  onClose: () => void;
}

/** Shows a new key, which cannot be shown again. */
export function NewKeyDialog({ name, raw, oldKeyUntil, onClose }: NewKeyProps) {
  return (
    <Dialog title={`Key ${name}`} onClose={onClose} dismissible={false}>
      <Notice tone="warn">
        <p>Copy the key now. Airlock does not show it again.</p>
      </Notice>
      {oldKeyUntil && <OldKeyEnd at={oldKeyUntil} />}
      <Secret text={raw} label="key" />
      <Code
        label="Example"
        text={`curl ${location.origin}/v1/transcodes \\\n  -H "Authorization: Bearer ${raw.slice(0, 12)}…"`}
      />
      <div class="dialog-foot">
        <button type="button" class="button main-action" onClick={onClose}>
          I have copied it
        </button>
      </div>
    </Dialog>
  );
}

function OldKeyEnd({ at }: { at: string }) {
  if (Date.parse(at) <= serverNow()) return <p>The old key no longer works.</p>;
  return (
    <p>
      The old key stops working <Due at={at} />.
    </p>
  );
}

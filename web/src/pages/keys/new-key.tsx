import { Code, Secret } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/feedback.tsx';

/** Shows a new key, which cannot be shown again. */
export function NewKeyDialog({ name, raw, onClose }: { name: string; raw: string; onClose: () => void }) {
  return (
    <Dialog title={`Key ${name}`} onClose={onClose} dismissible={false}>
      <Notice tone="warn">
        <p>Copy the key now. Airlock does not show it again.</p>
      </Notice>
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

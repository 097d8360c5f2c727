import { useState } from 'preact/hooks';
import type { Receipt } from '../../../../src/contract/receipts.ts';
import { get, patch, remove } from '../../api/client.ts';
import { bytesText, exactTime } from '../../lib/format.ts';
import type { AnyJob } from '../../lib/job.ts';
import { LinkButton } from '../../ui/button.tsx';
import { Confirm, Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/feedback.tsx';

interface CancelProps {
  /** Name of the job. */
  name: string;
  /** The path of the job. */
  url: string;
  onDone: (job: AnyJob) => void;
  onClose: () => void;
}

export function CancelDialog({ name, url, onDone, onClose }: CancelProps) {
  const cancel = async () => {
    onDone((await patch<{ job: AnyJob }>(`${url}/cancel`)).job);
    onClose();
  };
  return (
    <Confirm
      title="Cancel this job?"
      action="Cancel the job"
      dismissal="Keep the job"
      danger
      onConfirm={cancel}
      onClose={onClose}
    >
      <p>
        {name} stops immediately, and Airlock deletes the outputs that it has completed. Its uploads stay until they
        expire.
      </p>
    </Confirm>
  );
}

/** Asks before a job is erased, erases the job, and shows the receipt. */
export function EraseDialog({ name, url, onClose }: Omit<CancelProps, 'onDone'>) {
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  if (receipt) return <ReceiptDialog receipt={receipt} file={`${url}/receipt`} onClose={onClose} />;
  const erase = async () => {
    await remove(url);
    setReceipt((await get<{ receipt: Receipt }>(`${url}/receipt`)).receipt);
  };
  return (
    <Confirm title="Erase this job?" action="Erase" danger onConfirm={erase} onClose={onClose}>
      <p>
        Airlock deletes the outputs of {name} and the uploads that it used. This cannot be undone. You get a signed
        receipt.
      </p>
    </Confirm>
  );
}

function ReceiptDialog({ receipt, file, onClose }: { receipt: Receipt; file: string; onClose: () => void }) {
  return (
    <Dialog title="Erased" onClose={onClose}>
      <Notice tone={receipt.complete ? 'ok' : 'warn'}>
        <p>
          {receipt.complete
            ? `Nothing of the job is left, as of ${exactTime(receipt.issued_at)}.`
            : 'The deletion has begun. Read the receipt again later to check that nothing is left.'}
        </p>
      </Notice>
      <div class="table-scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Deleted</th>
              <th scope="col">Size</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {receipt.deleted.map((object) => (
              <tr key={object.object_id}>
                <th scope="row">{object.kind}</th>
                <td>{bytesText(object.size)}</td>
                <td class="mono">{object.sha256 ? `${object.sha256.slice(0, 16)}…` : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="dialog-foot">
        <LinkButton href={file} icon="download" download>
          Signed receipt
        </LinkButton>
        <button type="button" class="button main-action" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}

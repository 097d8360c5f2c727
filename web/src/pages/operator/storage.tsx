import type * as z from 'zod';
import type { storage } from '../../../../src/contract/admin.ts';
import type { HistoryPoint } from '../../../../src/contract/history.ts';
import { bytesText } from '../../lib/format.ts';
import { Notice } from '../../ui/feedback.tsx';
import { Card } from '../../ui/page.tsx';
import { Tile } from '../../ui/tile.tsx';
import { Due } from '../../ui/time.tsx';
import { History } from './history.tsx';
import { Loaded } from './load.tsx';

const MEASURES = [{ label: 'Stored', of: ({ stored_bytes }: HistoryPoint) => stored_bytes }] as const;

export function StoragePage() {
  return (
    <Loaded<z.infer<typeof storage>>
      title="Storage"
      lead="Stored bytes of all accounts, and free space."
      path="/v1/admin/storage"
      isLive
    >
      {({ stored_bytes: stored, promised_bytes: promised, disk, undeletable }) => (
        <>
          <div class="tiles">
            <Tile label="Stored" value={bytesText(stored)}>
              <span class="muted small">uploads and outputs</span>
            </Tile>
            <Tile label="Promised" value={bytesText(promised)}>
              <span class="muted small">to open uploads and running jobs</span>
            </Tile>
            {disk && (
              <Tile label="Free" value={bytesText(disk.spare_bytes)}>
                <span class="muted small">above the reserve of the disk</span>
              </Tile>
            )}
          </div>
          <History measures={MEASURES} text={bytesText} />
          {undeletable.total > 0 && <Undeletable {...undeletable} />}
          {!disk && (
            <Notice>
              <p>Free space is unavailable: the storage is S3 or Google Cloud Storage, or isn't responding.</p>
            </Notice>
          )}
          {disk && disk.spare_bytes <= promised && (
            <Notice tone="warn" title="The disk may fill up">
              <p>
                Free space is less than the promised bytes. Airlock rejects uploads and jobs before it uses the reserve.
              </p>
            </Notice>
          )}
        </>
      )}
    </Loaded>
  );
}

function Undeletable({ total, objects }: z.infer<typeof storage>['undeletable']) {
  const isOne = total === 1;
  return (
    <>
      <Notice tone="warn" title={`Storage rejects the deletion of ${total} ${isOne ? 'object' : 'objects'}`}>
        <p>
          {isOne ? 'This file outlives its' : 'These files outlive their'} retention. Look for an object lock, a
          retention policy of the bucket, or a key that isn’t allowed to delete. Airlock retries at least hourly.
        </p>
      </Notice>
      <Card title="Undeletable objects" flush>
        <table class="table stacked">
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Size</th>
              <th scope="col">Error</th>
              <th scope="col">Failures</th>
              <th scope="col">Next attempt</th>
            </tr>
          </thead>
          <tbody>
            {objects.map(({ id, key, size, error, failures, next_attempt_at: next }) => (
              <tr key={id}>
                <th scope="row" class="mono wrap-anywhere">
                  {key}
                </th>
                <td data-label="Size" class="nowrap">
                  {size === null ? 'unknown' : bytesText(size)}
                </td>
                <td data-label="Error">{error}</td>
                <td data-label="Failures">{failures}</td>
                <td data-label="Next attempt" class="nowrap">
                  <Due at={next} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
    </>
  );
}

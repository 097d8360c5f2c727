import type * as z from 'zod';
import type { storage } from '../../../../src/contract/admin.ts';
import { bytesText } from '../../lib/format.ts';
import { Notice } from '../../ui/feedback.tsx';
import { Loaded } from './load.tsx';
import { Tile } from './tile.tsx';

export function StoragePage() {
  return (
    <Loaded<z.infer<typeof storage>>
      title="Storage"
      lead="Bytes of all accounts, and the room that is left."
      path="/v1/admin/storage"
    >
      {({ stored_bytes: stored, promised_bytes: promised, disk }) => (
        <>
          <div class="tiles">
            <Tile label="Stored" value={bytesText(stored)} />
            <Tile label="Promised" value={bytesText(promised)}>
              <span class="muted small">to open uploads and running jobs</span>
            </Tile>
            {disk && (
              <Tile label="Left" value={bytesText(disk.spare_bytes)}>
                <span class="muted small">above the reserve of the disk</span>
              </Tile>
            )}
          </div>
          {!disk && (
            <Notice>
              <p>This storage does not say how much room it has: it is S3 or GCS, or it does not answer now.</p>
            </Notice>
          )}
          {disk && disk.spare_bytes <= promised && (
            <Notice tone="warn" title="The disk may fill up">
              <p>Less is left than is promised. Uploads and jobs are refused before the reserve is touched.</p>
            </Notice>
          )}
        </>
      )}
    </Loaded>
  );
}

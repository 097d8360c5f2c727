import { openS3Store } from '../../src/storage/s3/store.ts';
import { shareSwiftServers, swiftLocation } from '../../testkit/swift/start.ts';
import { PAGE_KEYS } from './object-store-suite.ts';
import type { StoreUnderTest } from './store-fixture.ts';

/** Opens a bucket of a real S3 server that is not part of Airlock. */
export async function openSwift(): Promise<StoreUnderTest> {
  const { endpoint } = await shareSwiftServers();
  const store = openS3Store({ ...swiftLocation(endpoint, 0), pageKeys: PAGE_KEYS });
  return {
    store,
    // Swift has only one replica here: its server lists the files of an object, and the listed file may be replaced before the server opens
    // it.
    gaps: true,
    close: () => store.close(),
  };
}

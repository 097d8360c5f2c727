import { createPrivateKey } from 'node:crypto';
import { keyCredentials } from '../../src/storage/gcs/credentials.ts';
import { openGcsStore } from '../../src/storage/gcs/store.ts';
import { startGcsServer } from './gcs-server/start.ts';
import { objectStoreSuite, PAGE_KEYS } from './object-store-suite.ts';

objectStoreSuite('Google Cloud Storage', async () => {
  const server = await startGcsServer();
  const { endpoint, email, pem } = server;
  const credentials = keyCredentials({ email, pem, keyId: 'key-1', privateKey: createPrivateKey(pem) });
  const store = openGcsStore({
    ...{ endpoint, publicEndpoint: endpoint, bucket: server.bucket.name, credentials },
    pageKeys: PAGE_KEYS,
  });
  return {
    store,
    advance: server.advance,
    signing: {
      headers: 'content-type;host;x-goog-content-length-range',
      prefix: 'X-Goog',
      expired: { status: 400, text: 'ExpiredToken' },
    },
    async close() {
      await store.close();
      await server.close();
    },
  };
});

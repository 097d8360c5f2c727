import { startEmbeddedGateway } from './embedded-gateway.ts';
import { objectStoreSuite, PAGE_KEYS } from './object-store-suite.ts';

objectStoreSuite('embedded gateway', () => startEmbeddedGateway({}, { pageKeys: PAGE_KEYS }));

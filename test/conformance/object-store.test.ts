import { startEmbeddedGateway } from './embedded-gateway.ts';
import { objectStoreSuite } from './object-store-suite.ts';

objectStoreSuite('embedded gateway', startEmbeddedGateway);

import { describe } from 'vitest';
import { swiftIsExpected } from '../../testkit/swift/start.ts';
import { objectStoreSuite } from './object-store-suite.ts';
import { openSwift } from './swift-store.ts';

describe.skipIf(!swiftIsExpected())('a real S3 server that is not ours', () => {
  objectStoreSuite('OpenStack Swift', openSwift);
});

import { describe } from 'vitest';
import { objectStoreSuite } from './object-store-suite.ts';
import { openSwift, swiftIsExpected } from './swift/start.ts';

describe.skipIf(!swiftIsExpected())('a real S3 server that is not ours', () => {
  objectStoreSuite('OpenStack Swift', openSwift);
});

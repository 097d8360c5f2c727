import { describe } from 'vitest';
import { swiftIsExpected } from '../../testkit/swift/start.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { objectStoreSuite } from './object-store-suite.ts';
import { openSwift } from './swift-store.ts';

const swiftNote = skipNote(!swiftIsExpected() && 'OpenStack Swift is not installed');

describe.skipIf(!swiftIsExpected())(`an S3 server other than Airlock’s${swiftNote}`, () => {
  objectStoreSuite('OpenStack Swift', openSwift);
});

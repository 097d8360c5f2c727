/**
 * True in a run with another storage (`./airlock test --storage swift`). Such a run omits tests of features that only the embedded storage
 * has.
 */
export const OTHER_STORAGE = Boolean(process.env.TEST_STORAGE);

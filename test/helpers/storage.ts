/**
 * True in a run with another storage (`./airlock test --storage swift`): tests of what only the embedded storage promises
 * are left out then.
 */
export const OTHER_STORAGE = Boolean(process.env.TEST_STORAGE);

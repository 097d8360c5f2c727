import { type StalledRequest, stallDownloads } from '../../testkit/attacks/stalled-downloads.ts';

/** Begins downloads that it never reads, in a separate process, so that its memory and work don't appear in a measurement. */
let end: () => void = () => {};

process.on('message', async (requests: readonly StalledRequest[]) => {
  end();
  const stalled = await stallDownloads(requests);
  end = stalled.end;
  process.send!({ begun: stalled.begun });
});
process.on('disconnect', () => process.exit());

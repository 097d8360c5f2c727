// Rejects names that were replaced, in code and in comments, so that each thing keeps one name. Prints the name to use.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Words to avoid, with their replacements. Only complete words with the same case match. */
const REPLACED = {
  PlaceBounds: 'SlotLimits',
  Place: 'RequestPosition',
  PlaceOf: 'Locate',
  SealedPlace: 'SealedColumn',
  EventPlace: 'EventCursor',
  BatchPlace: 'BatchPosition',
  lately: 'cacheBriefly',
  wasRefusedLately: 'recentlyRejected',
  insertAtOnce: 'insertOptimistically',
  knownId: 'parseUuidOr404',
  nearContentType: 'suggestContentType',
  nearField: 'suggestField',
  nearName: 'suggestName',
  nearPath: 'suggestPath',
  sentInstead: 'findMisspelling',
  joinOrSayWhyNot: 'tryJoin',
  cutOrSayWhyNot: 'trySplit',
  leaving: 'streamingUpload',
  grew: 'recordWrite',
  isUnexpected: 'canFallBack',
  onStorageAway: 'onStorageUnreachable',
  isStorageAway: 'isStorageUnreachable',
  holdSources: 'reserveSources',
  queuePlaces: 'forecastStarts',
  requireJobRoom: 'requireJobCapacity',
  requireUploadRoom: 'requireUploadCapacity',
  hasRoom: 'hasSpareSpace',
  WorkHold: 'DiskReservation',
  WorkRoom: 'DiskBudget',
  MemoryRoom: 'MemoryBudget',
  Patience: 'OutagePolicy',
  NearQueueLimit: 'QueueNearlyFull',
  requireMuchQueueRoom: 'requireAmpleCapacity',
  endBadly: 'recordFailure',
  endLost: 'failLostJob',
  createTakes: 'createWorkSource',
  takeWork: 'createWorkSource',
  leads: 'isLeader',
  unlessRead: 'reusableSources',
  Lost: 'LostRace',
  Ways: 'Strategies',
  Beside: 'RelatedRows',
  inOneTrip: 'pipelined',
  inWholeTransaction: 'withTransactionRetry',
  judge: 'review',
  Judgement: 'Review',
  forgetJobs: 'scrubJobs',
  forgetLost: 'scrubMissingObject',
  heldBytes: 'readStoredBytes',
  accountWithHeld: 'readAccountAndBytes',
  OptionPlace: 'OptionPosition',
  AssetPlace: 'AssetPosition',
  CredentialPlace: 'BucketLocation',
  PlacedGraph: 'RequestGraph',
  PlacedFile: 'CellFile',
  PadPlace: 'PadPosition',
  placeAt: 'presetCoordinates',
  readPlace: 'readCoordinate',
  heldFrames: 'bufferedFrames',
  isShownWhole: 'isFullyPresented',
  RefusedSource: 'RejectedSource',
  forgetUploads: 'scrubUploads',
  forgetMultipart: 'clearMultipart',
  outputHoldMs: 'outputWaitMs',
  errorAnswer: 'toErrorBody',
  answerInOrder: 'respondInOrder',
  onRefused: 'onRejected',
  probeWhole: 'probeCompleteFile',
  thereby: 'so',
  lest: 'so that … not',
  anew: 'again',
};
const FOLDERS = ['src', 'web', 'sdk', 'test', 'testkit', 'bench', 'scripts'];
/** Files that are generated from the OpenAPI document, whose texts come from `src/contract`. */
const SKIPPED = new Set(['sdk/src/schema.ts']);

const words = new RegExp(`(?<![\\w$-])(${Object.keys(REPLACED).join('|')})(?![\\w$-])`, 'g');
const files = execFileSync('git', ['ls-files', ...FOLDERS], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => /\.(ts|tsx|css)$/.test(path) && !SKIPPED.has(path));
let found = 0;
for (const path of files) {
  for (const [index, line] of readFileSync(join(root, path), 'utf8').split('\n').entries()) {
    for (const [word] of line.matchAll(words)) {
      found += 1;
      console.error(`${path}:${index + 1}: use \`${REPLACED[word]}\` instead of \`${word}\``);
    }
  }
}
if (found > 0) process.exit(1);

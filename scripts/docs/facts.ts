import { addressLimit } from '../../src/accounts/limits.ts';
import { CLIENT_RATE, UNREAD_BYTES } from '../../src/api/plugins/answers.ts';
import { DOCUMENT_BYTES, DOCUMENT_WAIT_MS } from '../../src/api/plugins/document-rate.ts';
import { DEFAULT_MAX_LINE } from '../../src/captions/layout.ts';
import { MAX_CAPTION_BYTES } from '../../src/captions/parse.ts';
import { readConfig } from '../../src/config/config.ts';
import { NUMBER_SETTINGS } from '../../src/contract/account-settings.ts';
import { MAX_BATCH_JOBS } from '../../src/contract/batches.ts';
import { MAX_CONNECTIONS } from '../../src/contract/connections.ts';
import { MAX_LISTED_DEAD_KEYS, MAX_LIVE_KEYS, MAX_NEW_KEYS_A_DAY } from '../../src/contract/keys.ts';
import { LIMIT_BOUNDS } from '../../src/contract/limit-bounds.ts';
import * as limits from '../../src/contract/limits.ts';
import { PART_URLS } from '../../src/contract/multipart.ts';
import { MAX_OUTPUTS } from '../../src/contract/output-names.ts';
import { MAX_ARGUMENT } from '../../src/contract/output-request.ts';
import { PLAYBACK_SECONDS } from '../../src/contract/playback.ts';
import {
  MAX_BODY_DEPTH,
  MAX_BODY_VALUES,
  MAX_UNKNOWN_FIELDS,
  REQUEST_BUDGET,
} from '../../src/contract/request-budget.ts';
import * as templates from '../../src/contract/templates.ts';
import { MAX_INPUTS, MAX_METADATA_BYTES } from '../../src/contract/transcodes.ts';
import { MAX_CAPTION_LINE, MIN_CAPTION_LINE } from '../../src/contract/transcriptions.ts';
import { MAX_NEW_WEBHOOKS_A_DAY, MAX_WEBHOOK_URL, MAX_WEBHOOKS } from '../../src/contract/webhooks.ts';
import { EVENT_DAYS } from '../../src/events/read.ts';
import { PEER_RATE } from '../../src/fetcher/index.ts';
import { MAX_OUTPUT_BYTES, MAX_OUTPUT_SECONDS } from '../../src/ffmpeg/plan/resources.ts';
import { INPUT_LIMITS } from '../../src/ffmpeg/probe/input-limits.ts';
import { HEARTBEAT_SECONDS, LOST_SECONDS } from '../../src/fleet/workers.ts';
import { LARGE_PIECES } from '../../src/gateway/pieces.ts';
import { MAX_ATTEMPTS } from '../../src/jobs/rows.ts';
import { MAX_TREE_FILES } from '../../src/objects/tree.ts';
import { MULTIPART_SECONDS, UNCONFIRMED_SECONDS } from '../../src/uploads/upload.ts';
import { RETRY_SECONDS } from '../../src/webhooks/send.ts';
import { FIELDS } from './facts-fields.ts';
import { FILES_OF_FILTERS, LADDERS } from './facts-media.ts';
import { SIGN_IN, TOKENS } from './facts-people.ts';
import { sourceNumber, sourceRange } from './source-constants.ts';
import { bytes, count, seconds } from './units.ts';

/** A number that the documentation states. */
export interface Fact {
  /** The thing that the number limits, which is the first cell of the row. */
  what: string;
  value: string;
  /** The effect of exceeding the number, or the setting that changes it. */
  note?: string;
}

export interface FactGroup {
  title: string;
  facts: Readonly<Record<string, Fact>>;
}

const settings = readConfig({});
const minute = 'Returns `429` with the code `rate_limit_exceeded`';
const isolated = 'Returns `429` with the code `concurrency_exceeded`';

const milliseconds = (path: string, name: string) => seconds(sourceNumber(path, name) / 1000);

const REQUESTS = {
  rate: {
    what: 'Requests of one key per minute',
    value: count(settings.rateLimit),
    note: `${minute}. The operator can change \`AIRLOCK_RATE_LIMIT\`, or \`requests_per_minute\` of an account`,
  },
  address: {
    what: 'Requests of one address per minute, on all routes except `/livez` and playback URLs',
    value: count(addressLimit(settings.rateLimit)),
    note: `${minute}. Five times \`AIRLOCK_RATE_LIMIT\``,
  },
  keyActive: {
    what: 'Requests of one key that an API process processes concurrently',
    value: count(limits.KEY_REQUESTS.active),
    note: isolated,
  },
  accountActive: {
    what: 'Requests of an account that an API process processes concurrently',
    value: count(limits.ACCOUNT_REQUESTS.active),
    note: isolated,
  },
  keyOpen: {
    what: 'Open requests of one key, including waiting requests (`?wait=`) and event streams',
    value: count(limits.KEY_REQUESTS.open),
    note: isolated,
  },
  accountOpen: {
    what: 'Open requests of an account, including waiting requests and event streams',
    value: count(limits.ACCOUNT_REQUESTS.open),
    note: `${isolated}. Lower while [many requests](#shared-pools) of several accounts are open`,
  },
  addressActive: {
    what: 'Requests of one address that an API process processes concurrently, on routes that need no key',
    value: count(limits.ADDRESS_REQUESTS.active),
    note: isolated,
  },
  wait: { what: 'Longest `?wait=`', value: seconds(limits.MAX_WAIT_SECONDS) },
  body: {
    what: 'Request body',
    value: bytes(limits.MAX_BODY_BYTES),
    note: 'Returns `413` with the code `body_too_large`',
  },
  openBody: {
    what: 'Request body on routes that need no key',
    value: bytes(limits.MAX_OPEN_BODY_BYTES),
    note: 'Returns `413` with the code `body_too_large`',
  },
  values: {
    what: 'Values in a body: strings, numbers, arrays, objects',
    value: count(MAX_BODY_VALUES),
    note: 'Returns `400`',
  },
  depth: { what: 'Nesting depth of a body', value: count(MAX_BODY_DEPTH), note: 'Returns `400`' },
  listTexts: {
    what: 'Texts in one page of a list of transcodes',
    value: bytes(limits.LIST_PAGE_BYTES),
    note: 'Further transcodes have `shortened: true`',
  },
  unknownFields: {
    what: 'Unknown fields that `warnings` names',
    value: count(MAX_UNKNOWN_FIELDS),
    note: 'Airlock counts further fields',
  },
  playback: {
    what: 'Requests of one address for valid playback URLs per minute',
    value: count(sourceNumber('api/app.ts', 'PLAYBACK_PER_MINUTE')),
    note: minute,
  },
  idempotency: {
    what: 'Time for which Airlock keeps an `Idempotency-Key`',
    value: `${sourceNumber('jobs/sweep-rows.ts', 'IDEMPOTENCY_HOURS')} hours`,
  },
} satisfies FactGroup['facts'];

const UPLOADS = {
  onePut: {
    what: 'Size of a file that you upload with one `PUT`',
    value: bytes(limits.MAX_UPLOAD_BYTES),
    note: 'Returns `400` with the code `file_too_large`. Upload larger files in parts. The operator can set a lower `AIRLOCK_MAX_UPLOAD`, or a lower `max_upload_bytes` for an account',
  },
  inParts: {
    what: 'Size of a file that you upload in parts',
    value: bytes(settings.maxUpload),
    note: `Returns \`400\` with the code \`file_too_large\`. The operator can raise \`AIRLOCK_MAX_UPLOAD\` up to ${bytes(limits.MAX_PARTS_UPLOAD_BYTES)}, or set a lower \`max_upload_bytes\` for an account`,
  },
  parts: { what: 'Parts of an upload', value: count(limits.MAX_UPLOAD_PARTS) },
  part: {
    what: 'Size of a part, except the last',
    value: `${bytes(limits.PART_BYTES.least)} to ${bytes(limits.PART_BYTES.most)}`,
  },
  partUrls: { what: 'URLs of parts per request', value: count(PART_URLS) },
  url: {
    what: 'Lifetime of an upload URL',
    value: seconds(limits.UPLOAD_SECONDS),
    note: 'Storage returns `403`. Request a new URL',
  },
  partUrl: { what: 'Lifetime of the URL of a part', value: seconds(limits.PART_URL_SECONDS) },
  unconfirmed: {
    what: 'Time after which Airlock deletes an upload with one `PUT` that you did not confirm',
    value: seconds(UNCONFIRMED_SECONDS),
  },
  unconfirmedParts: {
    what: 'Time after which Airlock deletes an upload in parts that you did not confirm',
    value: seconds(MULTIPART_SECONDS),
  },
  open: {
    what: 'Unconfirmed uploads of an account',
    value: NUMBER_SETTINGS.max_open_uploads.fallback,
    note: 'Returns `429` with the code `too_many_open_uploads`. The operator can change `max_open_uploads` of an account',
  },
  stored: {
    what: 'Stored bytes of an account, including bytes reserved for unconfirmed uploads',
    value: bytes(Number(NUMBER_SETTINGS.max_stored_bytes.fallback.replaceAll(',', ''))),
    note: 'Returns `507` with the code `storage_quota`. The operator can change `max_stored_bytes` of an account',
  },
} satisfies FactGroup['facts'];

const JOBS = {
  inputs: { what: 'Inputs of a job', value: count(MAX_INPUTS) },
  outputs: { what: 'Outputs of a job', value: count(MAX_OUTPUTS) },
  batch: { what: 'Jobs of a batch', value: count(MAX_BATCH_JOBS) },
  running: {
    what: 'Running jobs of an account',
    value: NUMBER_SETTINGS.max_concurrent.fallback,
    note: 'Further jobs wait. Probes, deliveries and inspections of uploads do not count. The operator can change `max_concurrent` of an account',
  },
  waiting: {
    what: 'Waiting jobs of an account',
    value: NUMBER_SETTINGS.max_queued.fallback,
    note: 'Returns `429` with the code `queue_full`. The operator can change `max_queued` of an account',
  },
  priority: {
    what: '`priority` of a job',
    value: sourceRange('contract/priority.ts', 'const range').join(' to '),
    note: 'Defaults to 0',
  },
  attempts: {
    what: 'Attempts at a job',
    value: count(MAX_ATTEMPTS),
    note: 'Airlock retries only failures that may be temporary',
  },
  lost: {
    what: 'Time without a heartbeat after which the jobs of a worker return to the queue',
    value: seconds(LOST_SECONDS),
    note: `A worker sends a heartbeat every ${seconds(HEARTBEAT_SECONDS)}`,
  },
  metadata: { what: '`metadata` of a job', value: bytes(MAX_METADATA_BYTES) },
  argument: { what: 'Characters of the argument of an option', value: count(MAX_ARGUMENT) },
  ...Object.fromEntries(
    Object.entries(REQUEST_BUDGET).map(([name, { most, noun }]) => [
      `budget.${name}`,
      { what: `${noun[0]!.toUpperCase()}${noun.slice(1)} in a request`, value: count(most), note: 'Returns `422`' },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(LIMIT_BOUNDS).map(([name, { least, most, why }]) => [
      `least.${name}`,
      {
        what: `\`limits.${name}\``,
        value: `${count(least)} to ${count(most)}`,
        note: `Returns \`400\`. ${count(least)} is the minimum, because ${why}`,
      },
    ]),
  ),
  storageWait: {
    what: 'Time for which a job waits for unavailable storage',
    value: seconds(settings.storageWaitSeconds),
    note: 'The operator can change `AIRLOCK_STORAGE_WAIT`',
  },
  reviewWait: {
    what: 'Time for which a run of a blueprint awaits a review',
    value: seconds(settings.reviewWaitSeconds),
    note: 'The operator can change `AIRLOCK_REVIEW_WAIT`',
  },
} satisfies FactGroup['facts'];

const MEDIA = {
  streams: {
    what: 'Streams of an input',
    value: count(INPUT_LIMITS.maxStreams),
    note: 'The job fails with `too_many_streams`',
  },
  pixels: {
    what: 'Pixels of a frame of an input',
    value: `${count(INPUT_LIMITS.maxPixels)} (8192×4352)`,
    note: 'The job fails with `too_many_pixels`',
  },
  side: {
    what: 'Side of a frame of an input',
    value: `${count(INPUT_LIMITS.maxSide)} pixels`,
    note: 'The job fails with `too_many_pixels`',
  },
  duration: {
    what: 'Duration of an input',
    value: seconds(INPUT_LIMITS.maxDurationSeconds),
    note: 'The job fails with `too_long`',
  },
  outputDuration: {
    what: 'Duration of an output',
    value: seconds(MAX_OUTPUT_SECONDS),
    note: 'Airlock ends a longer output at this limit. Inputs that are too long to join fail with `too_long`',
  },
  outputSize: {
    what: 'Size of an output that is one file',
    value: bytes(MAX_OUTPUT_BYTES),
    note: 'The job fails with `limit_output`',
  },
  files: { what: 'Files of an output', value: count(MAX_TREE_FILES) },
  captions: { what: 'Size of a file of captions', value: bytes(MAX_CAPTION_BYTES) },
  captionLine: {
    what: 'Characters of a line of captions',
    value: `${MIN_CAPTION_LINE} to ${MAX_CAPTION_LINE}`,
    note: `Defaults to ${DEFAULT_MAX_LINE}`,
  },
} satisfies FactGroup['facts'];

const RETENTION = {
  outputs: {
    what: 'Retention of outputs, and of uploads after their last use',
    value: seconds(settings.retentionSeconds),
    note: 'The operator can change `AIRLOCK_RETENTION`, and set a shorter `retention_seconds` for an account. A job can set a shorter `retention_seconds` for its outputs',
  },
  download: {
    what: 'Lifetime of a download link',
    value: seconds(limits.DOWNLOAD_SECONDS),
    note: 'Request a new link',
  },
  playback: {
    what: 'Lifetime of playback URLs',
    value: `${seconds(PLAYBACK_SECONDS.min)} to ${seconds(PLAYBACK_SECONDS.max)}`,
    note: `Defaults to ${seconds(PLAYBACK_SECONDS.default)}`,
  },
  events: {
    what: 'Time for which Airlock keeps events and deliveries',
    value: `${EVENT_DAYS} days`,
    note: 'An older cursor returns `410` with the code `events_expired`',
  },
  rows: {
    what: 'Time for which Airlock keeps the row of an erased job',
    value: `${sourceNumber('jobs/sweep-rows.ts', 'ROW_DAYS')} days`,
    note: 'After that, requests for the job and its receipt return `404`',
  },
} satisfies FactGroup['facts'];

const ACCOUNT = {
  keys: { what: 'Active keys', value: count(MAX_LIVE_KEYS), note: 'Returns `409` with the code `too_many_keys`' },
  newKeys: {
    what: 'New keys in 24 hours, including rotations',
    value: count(MAX_NEW_KEYS_A_DAY),
    note: 'Returns `409` with the code `too_many_keys`',
  },
  listedKeys: { what: 'Inactive keys that `GET /v1/keys` lists', value: count(MAX_LISTED_DEAD_KEYS) },
  webhooks: { what: 'Webhooks', value: count(MAX_WEBHOOKS), note: 'Returns `409` with the code `too_many_webhooks`' },
  newWebhooks: {
    what: 'New webhooks in 24 hours',
    value: count(MAX_NEW_WEBHOOKS_A_DAY),
    note: 'Returns `409` with the code `too_many_webhooks`. Deleted webhooks count',
  },
  templates: {
    what: 'Templates',
    value: count(templates.MAX_TEMPLATES),
    note: 'Returns `409` with the code `too_many_templates`',
  },
  versions: {
    what: 'Versions of a template',
    value: count(templates.MAX_TEMPLATE_VERSIONS),
    note: 'Returns `409` with the code `too_many_template_versions`',
  },
  newVersions: {
    what: 'New versions of all templates in 24 hours',
    value: count(templates.MAX_NEW_VERSIONS_A_DAY),
    note: 'Returns `409` with the code `too_many_templates`',
  },
  templateSize: { what: 'Size of a template', value: bytes(templates.MAX_TEMPLATE_BYTES) },
  connections: {
    what: 'Connections',
    value: count(MAX_CONNECTIONS),
    note: 'Returns `409` with the code `too_many_connections`',
  },
} satisfies FactGroup['facts'];

const WEBHOOKS = {
  url: { what: 'Characters of the URL', value: count(MAX_WEBHOOK_URL) },
  timeout: {
    what: 'Time in which your endpoint must respond',
    value: seconds(sourceNumber('webhooks/send.ts', 'TIMEOUT_MS') / 1000),
  },
  retries: {
    what: 'Waits between attempts',
    value: RETRY_SECONDS.map(seconds).join(', '),
    note: `Each with up to ${sourceNumber('webhooks/health.ts', 'JITTER') * 100}% jitter. If the last attempt fails, the delivery is \`failed\``,
  },
  attempts: { what: 'Attempts', value: count(RETRY_SECONDS.length + 1) },
  concurrent: {
    what: 'Deliveries that a worker sends to one webhook concurrently',
    value: count(sourceNumber('webhooks/claim.ts', 'PER_ENDPOINT')),
  },
  pause: {
    what: 'Pause after a timeout, or after a failure that took 3 seconds or more',
    value: `${seconds(sourceNumber('webhooks/health.ts', 'FIRST_PAUSE_SECONDS'))} to ${seconds(sourceNumber('webhooks/health.ts', 'LONGEST_PAUSE_SECONDS'))}`,
    note: 'Doubles with each further timeout or slow failure. Each pause has up to 20% jitter',
  },
  disabled: {
    what: 'Time after which Airlock disables a webhook whose deliveries have all failed',
    value: `${sourceNumber('webhooks/health.ts', 'FAILING_DAYS')} days`,
  },
} satisfies FactGroup['facts'];

const CONNECTIONS = {
  total: {
    what: 'Concurrent connections to the API, and separately to the embedded storage',
    value: count(settings.maxConnections),
    note: 'The operator can change `AIRLOCK_MAX_CONNECTIONS`',
  },
  address: {
    what: 'Concurrent connections from one IPv4 address or IPv6 /64',
    value: count(settings.maxConnectionsPerAddress),
    note: 'The operator can change `AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS`',
  },
  addressRate: {
    what: 'New connections to the API from one IPv4 address or IPv6 /64',
    value: `A burst of ${count(settings.maxConnectionsPerAddress / 2)}, and ${count(addressLimit(settings.rateLimit))} per minute`,
    note: 'Airlock resets further connections',
  },
  pipelined: {
    what: 'Waiting requests on one connection to the API',
    value: count(sourceNumber('listener/request-gate.ts', 'MAX_WAITING')),
    note: 'Airlock closes the connection',
  },
  storagePipelined: {
    what: 'Waiting requests on one connection to the embedded storage',
    value: count(sourceNumber('gateway/listener.ts', 'MAX_WAITING')),
    note: 'Airlock closes the connection',
  },
  firstByte: {
    what: 'Time to the first byte of a connection',
    value: milliseconds('listener/listener-limits.ts', 'FIRST_BYTE_MS'),
  },
  handshake: {
    what: 'Time for the TLS handshake',
    value: milliseconds('listener/listener-limits.ts', 'HANDSHAKE_TIMEOUT_MS'),
  },
  head: {
    what: 'Time for the head of a request',
    value: milliseconds('listener/listener-limits.ts', 'HEAD_TIMES.headersTimeout'),
  },
  bodyTime: {
    what: 'Time for the head and the body of a request to the API',
    value: milliseconds('api/app.ts', 'BODY_MS'),
  },
  response: { what: 'Time in which a response of the API starts', value: milliseconds('api/app.ts', 'RESPONSE_MS') },
  openResponse: {
    what: 'Time in which a response of the API starts, on routes that need no key',
    value: milliseconds('api/app.ts', 'OPEN_RESPONSE_MS'),
  },
  reading: {
    what: 'Bytes of an API response that a client must read in a minute while data waits',
    value: bytes(CLIENT_RATE.bytes),
    note: 'If the client reads less, Airlock closes the connection. Airlock counts the bytes that have left the machine',
  },
  destination: {
    what: 'Bytes of an output that a destination must receive in a minute',
    value: bytes(PEER_RATE.bytes),
    note: 'If the destination receives less, Airlock tries the delivery again',
  },
  unread: {
    what: 'Unread bytes of the responses of an account, or of an address without a key',
    value: bytes(UNREAD_BYTES.quiet),
    note: `${isolated}. While a quarter of all unread bytes is in use, the limit is ${bytes(UNREAD_BYTES.share)}`,
  },
  allUnread: {
    what: 'Unread bytes of all responses',
    value: bytes(UNREAD_BYTES.places),
    note: `When the limit is reached, requests of an account with unread bytes return \`429\` with the code \`concurrency_exceeded\`. If an account has no unread bytes, its requests return \`503\` with the code \`unavailable\`. The last ${bytes(UNREAD_BYTES.reserved)} are for accounts without unread bytes`,
  },
  documents: {
    what: 'Bytes of pages, scripts, pictures and `/openapi.json` that an address gets per minute',
    value: bytes(DOCUMENT_BYTES.perMinute),
    note: `A burst of ${bytes(DOCUMENT_BYTES.burst)}. A further request waits for up to ${seconds(DOCUMENT_WAIT_MS / 1000)}. If the limit doesn't allow the response by then, the request returns \`429\` with the code \`rate_limit_exceeded\``,
  },
  pieces: {
    what: 'Memory of the embedded storage for large pieces of downloads, in addition to 16 KiB for each download',
    value: bytes(LARGE_PIECES.places),
    note: `An account and an address use up to a quarter, or ${bytes(LARGE_PIECES.share)} while a quarter is in use. Beyond that, their downloads use only 16 KiB each, which is slower`,
  },
  puts: {
    what: 'Concurrent `PUT` requests to the embedded storage for one upload, including all of its parts',
    value: count(sourceNumber('gateway/transfers.ts', 'PUTS_PER_KEY')),
    note: 'Returns `503` with the code `SlowDown`',
  },
  gets: {
    what: 'Concurrent downloads of one object of the embedded storage',
    value: count(sourceNumber('gateway/transfers.ts', 'GETS_PER_OBJECT')),
    note: 'Returns `503` with the code `SlowDown`',
  },
  accountTransfers: {
    what: 'Concurrent transfers of an account with the embedded storage',
    value: 'Half of all connections',
    note: 'While a quarter of all connections is in use by several accounts, 1 of 64 connections. The last quarter is for accounts without a transfer. Returns `503` with the code `SlowDown`',
  },
  longest: {
    what: 'Longest transfer of the embedded storage',
    value: seconds(sourceNumber('gateway/server.ts', 'REQUEST_TIMEOUT_MS') / 1000),
  },
} satisfies FactGroup['facts'];

/** Every number that the documentation states, by group. `test/docs/facts.test.ts` refers to a fact by its key. */
export const FACTS = {
  requests: { title: 'Requests', facts: REQUESTS },
  uploads: { title: 'Uploads', facts: UPLOADS },
  tokens: { title: 'Upload tokens', facts: TOKENS },
  jobs: { title: 'Jobs', facts: JOBS },
  media: { title: 'Media', facts: MEDIA },
  ladders: { title: 'Ladders', facts: LADDERS },
  files: { title: 'Files that filters name', facts: FILES_OF_FILTERS },
  fields: { title: 'Fields of a request', facts: FIELDS },
  retention: { title: 'Retention', facts: RETENTION },
  account: { title: 'Resources of an account', facts: ACCOUNT },
  signIn: { title: 'Sign-in and applications', facts: SIGN_IN },
  webhooks: { title: 'Webhooks', facts: WEBHOOKS },
  connections: { title: 'Connections and transfers', facts: CONNECTIONS },
} satisfies Record<string, FactGroup>;

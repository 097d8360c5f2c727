import * as z from 'zod';
import { bucketPrefix } from './bucket-prefix.ts';
import { someWarnings, timestamp } from './common.ts';
import { bucketName, connectionName } from './connections.ts';
import { rule } from './faults/rule.ts';
import { isLadderFormat, isTileFormat } from './formats.ts';
import { nullable } from './nullable.ts';

const MAX_HEADERS = 16;
const MAX_HEADER_VALUE = 2048;
/** Pattern for the name of a header: a token (RFC 9110, 5.6.2). */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** Pattern for the value of a header: printable ASCII, so that no value can start a new header line. */
const HEADER_VALUE = /^[\x20-\x7e]*$/;
/** Headers that determine the framing and the target of a request. Airlock sets them. */
const OWN_HEADERS = new Set([
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'proxy-authenticate', 'proxy-authorization'],
  ...['proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

const s3Destination = z
  .object({
    connection: connectionName.describe('A connection of the account.'),
    bucket: nullable(bucketName).describe('The bucket of the connection; every other bucket is rejected.'),
    prefix: nullable(bucketPrefix).describe(
      'Folder in the bucket, such as `videos/2026`. Defaults to the prefix of the connection, or to the root of the bucket.',
    ),
  })
  .meta({ id: 'S3Destination', description: 'A place in the bucket of a connection.' });

/** A destination of an output, in addition to Airlock’s storage. */
export const destination = z
  .object({
    url: nullable(z.string().min(1).max(8192)).describe(
      'A presigned URL, to which Airlock sends the output with PUT. For outputs of one file.',
    ),
    headers: nullable(z.record(z.string(), z.string().max(MAX_HEADER_VALUE))).describe(
      'Headers of the PUT, such as the headers that the URL signs. Only with `url`.',
    ),
    s3: nullable(s3Destination).describe('A place in the bucket of a connection.'),
  })
  .superRefine(({ url, headers, s3 }, context) => {
    const report = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (url === undefined && s3 === undefined) report('url', rule('is missing', 'Send url or s3'));
    if (url !== undefined && s3 !== undefined) report('s3', rule('cannot be combined with url', 'Send url or s3'));
    if (headers !== undefined && url === undefined) report('headers', rule('needs url', 'Omit headers'));
    const fault = headers && headersFault(headers);
    if (fault) report('headers', fault);
  })
  .meta({
    id: 'Destination',
    description:
      'Where Airlock delivers a copy of the output: a presigned URL, or a place in the bucket of a connection.',
  });
export type Destination = z.infer<typeof destination>;

export const destinationField = nullable(destination);

function headersFault(headers: Record<string, string>): string | null {
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS)
    return rule(`has more than ${MAX_HEADERS} headers`, 'Send only the headers that the URL signs');
  const lower = entries.map(([name]) => name.toLowerCase());
  if (entries.some(([name]) => !HEADER_NAME.test(name)))
    return rule('has a name that is not a header', 'Use letters, digits and hyphens in names');
  const own = lower.find((name) => OWN_HEADERS.has(name));
  if (own) return rule(`has "${own}", which Airlock sets itself`, `Omit ${own}`);
  if (new Set(lower).size < lower.length) return rule('has one header twice', 'Send each header once');
  if (entries.every(([, value]) => HEADER_VALUE.test(value))) return null;
  return rule('has a value with characters that headers cannot have', 'Use printable ASCII without line breaks');
}

/** Whether an output of this format has many files. */
export function hasManyFiles(format: string): boolean {
  return isLadderFormat(format) || isTileFormat(format);
}

interface DestinationFault {
  /** Field of the destination. Null for the destination itself. */
  field: 'url' | null;
  reason: string;
  remedy: string;
}

/** Returns the reasons why a destination cannot receive an output. */
export function destinationFaults(
  { url }: Pick<Destination, 'url'>,
  { format, isEncrypted }: { format: string; isEncrypted: boolean },
): DestinationFault[] {
  const several = `is for one file, and ${format} has several`;
  const encrypted = 'cannot receive encrypted segments: their key stays in Airlock';
  return [
    ...(url !== undefined && hasManyFiles(format)
      ? [{ field: 'url' as const, reason: several, remedy: 'Send a destination with s3' }]
      : []),
    ...(isEncrypted ? [{ field: null, reason: encrypted, remedy: 'Omit encryption or destination' }] : []),
  ];
}

interface OutputWithDestination {
  outputFormat?: unknown;
  encryption?: unknown;
  destination?: Destination | undefined;
}

/** Rejects a destination to which its outputs cannot be delivered. */
export function checkDestinations(
  body: OutputWithDestination & { outputs?: readonly OutputWithDestination[] | undefined },
  context: z.RefinementCtx,
): void {
  const report = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  const outputs = body.outputs ?? [body];
  if (body.destination?.url !== undefined && outputs.length > 1) {
    const remedy = 'Send a destination in each entry of outputs, or a destination with s3';
    report(['destination', 'url'], rule('is for one file, and the job has several outputs', remedy));
  }
  for (const [index, output] of outputs.entries()) {
    const path = body.outputs && output.destination ? ['outputs', index, 'destination'] : ['destination'];
    const given = output.destination ?? body.destination;
    const { outputFormat: format, encryption } = output;
    if (!given || typeof format !== 'string') continue;
    for (const { field, reason, remedy } of destinationFaults(given, { format, isEncrypted: encryption !== undefined }))
      report(field === null ? path : [...path, field], rule(reason, remedy));
  }
}

export const DELIVERY_STATUSES = ['pending', 'delivering', 'delivered', 'failed'] as const;

const attempts = z.number().describe('How many attempts at the delivery have begun.');
const errorCode = z
  .literal('destination_failed')
  .nullable()
  .describe('`destination_failed` if the delivery failed; null otherwise.');
const errorMessage = z.string().nullable().describe('One sentence for people; null unless the delivery failed.');

/** The result of the delivery of an output, as part of the output. */
export const deliveryResult = z
  .object({
    status: z
      .enum(['pending', 'delivered', 'failed'])
      .describe(
        '`failed` if the output could not be delivered. The output stays in Airlock, and the job can be completed.',
      ),
    attempts,
    error_code: errorCode,
    error_message: errorMessage,
  })
  .meta({ id: 'DeliveryResult', description: 'The result of the delivery of an output.' });

/** The delivery of an output with its place, as part of the output. */
export const delivery = z
  .object({
    status: z
      .enum(DELIVERY_STATUSES)
      .describe(
        '`failed` if the output could not be delivered. The output stays in Airlock, and the job can be completed.',
      ),
    attempts,
    host: z.string().nullable().describe('Host that receives the output; null once the job has been erased.'),
    bucket: z.string().nullable().describe('Its bucket; null for a presigned URL.'),
    prefix: z.string().nullable().describe('Its folder in the bucket; null for a presigned URL.'),
    connection: z.string().nullable().describe('Name of the connection to the bucket. Null for a presigned URL.'),
    error_code: errorCode,
    error_message: errorMessage,
    delivered_at: timestamp.nullable().describe('When the delivery ended; null unless it is `delivered`.'),
  })
  .meta({ id: 'OutputDelivery', description: 'The delivery of an output to its destination.' });
export type DeliveryView = z.infer<typeof delivery>;

const NAME = z.string().min(1).max(64);

export const redeliverBody = z
  .object({
    output: nullable(NAME).describe(
      'Name of an output of the job. Defaults to every output whose delivery failed. If no delivery failed, defaults to the only output.',
    ),
    destination: destinationField.describe(
      'Where to deliver the copy instead. Required if the output had no destination or a presigned URL, because Airlock does not keep presigned URLs.',
    ),
  })
  .meta({ id: 'RedeliverRequest', description: 'The outputs to deliver again, and where.' });
export type RedeliverBody = z.infer<typeof redeliverBody>;

export const redeliverAnswer = z
  .object({
    items: z
      .array(z.object({ output: NAME.describe('Name of the output.'), destination: delivery }))
      .describe('The deliveries that have begun.'),
    warnings: someWarnings,
  })
  .meta({
    id: 'Redelivery',
    description: 'The deliveries that a request has begun. Read the job to see the results.',
  });

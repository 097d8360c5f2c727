import * as z from 'zod';
import { jobStatus, someWarnings, timestamp } from './common.ts';
import { attemptCommand } from './job-details.ts';
import { output } from './outputs.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const objectFacts = {
  object_id: z.uuid().describe('Names the stored object.'),
  kind: z.enum(['upload', 'output']).describe('Its role in the job.'),
  size: z.number().nullable().describe('Bytes; null if they were not counted.'),
  sha256: sha256
    .nullable()
    .describe('SHA-256 of the bytes, or of the manifest of an output of many files; null if no job has read them.'),
  files: z.number().optional().describe('Number of files; only for an output that has many.'),
};

const deletedObject = z
  .object({
    ...objectFacts,
    reason: z.enum(['erased', 'retention', 'replaced', 'refused', 'lost']).describe('Why it was deleted.'),
    deleted_at: timestamp.describe('When its bytes were deleted.'),
  })
  .meta({ id: 'DeletedObject', description: 'A stored object whose bytes have been deleted.' });

const remainingObject = z
  .object({
    ...objectFacts,
    state: z
      .enum(['in_use', 'deleting'])
      .describe(
        '`in_use`: another open job needs it, or its own retention has not ended. `deleting`: storage has not confirmed the deletion yet.',
      ),
  })
  .meta({ id: 'RemainingObject', description: 'A stored object whose bytes still exist.' });

const uploadUrl = z
  .object({
    upload_id: z.uuid().describe('The upload that the URL belongs to.'),
    expires_at: timestamp.describe('When it expires.'),
    closed_at: timestamp.nullable().describe('When it stopped accepting bytes; null while it accepts them.'),
    late_puts: z
      .number()
      .describe('How often bytes arrived after the upload was confirmed or deleted, and were deleted.'),
    holds_bytes: z.boolean().describe('Whether bytes are stored there at this moment.'),
  })
  .meta({ id: 'UploadUrl', description: 'A signed URL of an upload.' });

const workingCopy = z
  .object({
    attempt: z.number().describe('The attempt that used it.'),
    child_id: z
      .uuid()
      .optional()
      .describe(
        'The child job, such as a piece of a video, or the inspection of an upload, to which the attempt belonged. Absent for an attempt at the job itself. An attempt at an inspection is listed only until its folder is removed.',
      ),
    removed_at: timestamp.nullable().describe('When it was removed; null until this is known.'),
  })
  .meta({ id: 'WorkingCopy', description: 'The work folder of an attempt.' });

const copy = z
  .object({
    position: z.number().describe('Position of the output in the job, from 0.'),
    format: z.string().describe('Format of the output.'),
    host: z.string().nullable().describe('Host that received it.'),
    bucket: z.string().nullable().describe('Its bucket; null for a presigned URL.'),
    prefix: z.string().nullable().describe('Its folder in the bucket; null for a presigned URL.'),
    delivered: z.boolean().describe('Whether the delivery succeeded. If it failed, parts of the copy may still exist.'),
    delivered_at: timestamp.nullable().describe('When the delivery ended; null unless it succeeded.'),
  })
  .meta({ id: 'DeliveredCopy', description: 'A copy of an output outside of Airlock, which Airlock does not delete.' });

export const receipt = z
  .object({
    type: z.literal('airlock.receipt').describe('What is signed.'),
    version: z.literal(1).describe('Version of this schema.'),
    job_id: z.uuid().describe('The job.'),
    kind: z.string().describe('The kind of the job, such as `transcode`.'),
    transcode_id: z.uuid().describe('The same as `job_id`.'),
    issued_at: timestamp.describe('When this receipt was written.'),
    status: jobStatus,
    reason: z.enum(['erased', 'retention', 'lost']).describe('Why the job’s bytes were deleted.'),
    erased_at: timestamp.describe('When the deletion began.'),
    complete: z.boolean().describe('Whether no bytes of the job remain, and no upload URL can add any.'),
    complete_at: timestamp
      .nullable()
      .describe(
        'When the last upload URL stops accepting bytes; null if none accepts any, or if completion depends on something else.',
      ),
    deleted: z.array(deletedObject).describe('The deleted objects.'),
    remaining: z.array(remainingObject).describe('The objects that still exist, and why.'),
    upload_urls: z.array(uploadUrl).describe('The signed URLs of the job’s uploads.'),
    working_copies: z
      .array(workingCopy)
      .describe(
        'The work folders of the attempts at the job, at its child jobs and at the inspections of its uploads.',
      ),
    copies: z
      .array(copy)
      .optional()
      .describe(
        'Copies that were delivered to destinations of the job, which its owner deletes; absent if there are none.',
      ),
  })
  .meta({ id: 'Receipt', description: 'What was deleted of a job, and when.' });

export type Receipt = z.infer<typeof receipt>;

const manifestInput = z
  .object({
    position: z.number().describe('Its position among inputs and assets, from 0.'),
    role: z.enum(['input', 'asset']).describe('A source of the job, or a file that a filter names.'),
    kind: z.string().nullable().describe('What an asset was used as; null for an input.'),
    size: z.number().nullable().describe('Bytes.'),
    sha256: sha256.nullable().describe('SHA-256 of the bytes as received.'),
    container: z
      .enum(['rewritten', 'original'])
      .nullable()
      .describe('Whether FFmpeg read a remuxed container or the original file; null if unknown.'),
  })
  .meta({ id: 'ManifestSource', description: 'A source of an output.' });

const manifestAttempt = z
  .object({
    number: z.number().describe('Number of the attempt that created the output, from 1.'),
    started_at: timestamp.describe('When it began.'),
    ended_at: timestamp.nullable().describe('When it ended.'),
    exit_code: z.number().nullable().describe('Exit code of FFmpeg.'),
    cpu_ms: z.number().nullable().describe('Processor time, milliseconds.'),
    max_rss_bytes: z.number().nullable().describe('Peak memory in bytes.'),
  })
  .meta({ id: 'ManifestAttempt', description: 'The attempt that created an output.' });

export const manifest = z
  .object({
    type: z.literal('airlock.manifest').describe('What is signed.'),
    version: z.literal(1).describe('Version of this schema.'),
    transcode_id: z.uuid().describe('The job.'),
    created_at: timestamp.describe('When the job was accepted.'),
    started_at: timestamp.nullable().describe('When its attempt began.'),
    completed_at: timestamp.nullable().describe('When it became final.'),
    erased_at: timestamp.nullable().describe('When its bytes were deleted; null while they exist.'),
    inputs: z.array(manifestInput).describe('The sources of the output.'),
    outputs: z.array(output).describe('The files that were created.'),
    command: z
      .object({
        argv: z.array(z.string()).nullable().describe('Program and arguments; null once the job has been erased.'),
        further: z
          .array(z.array(z.string()))
          .optional()
          .describe('The other commands of a job whose outputs do not share one decode; absent if there are none.'),
        sha256: sha256
          .nullable()
          .describe('SHA-256 of `argv` as canonical JSON. If there is `further`, SHA-256 of the list of all commands.'),
      })
      .describe('The exact commands.'),
    ffmpeg: z
      .object({
        version: z.string().nullable().describe('As FFmpeg reports it.'),
        package: z.string().nullable().describe('Version of the distribution’s package.'),
      })
      .describe('The build that ran.'),
    commands: z
      .array(attemptCommand)
      .describe(
        'Every command of the attempts that made outputs and of the last attempt, in the order in which the commands ended. Empty for jobs of older releases.',
      ),
    sandbox: z.object({ tier: z.string().describe('How FFmpeg was confined.') }).describe('The cell that it ran in.'),
    attempt: manifestAttempt,
    airlock: z
      .object({ version: z.string().nullable().describe('Version of the worker.') })
      .describe('The Airlock release that ran it.'),
  })
  .meta({ id: 'Manifest', description: 'How an output was created.' });

export type Manifest = z.infer<typeof manifest>;

const signature = {
  signature: z.string().describe('Base64url of the signature over the canonical JSON (RFC 8785) of the statement.'),
  key_id: z.string().describe('The `kid` of the key in `/.well-known/airlock-keys.json`.'),
  algorithm: z.literal('Ed25519').describe('Always this one.'),
};

export const signedReceipt = z
  .object({ receipt, ...signature, warnings: someWarnings })
  .meta({ id: 'SignedReceipt', description: 'A receipt that anyone can verify.' });
export const signedManifest = z
  .object({ manifest, ...signature, warnings: someWarnings })
  .meta({ id: 'SignedManifest', description: 'A manifest that anyone can verify.' });

const publicKey = z
  .object({
    kty: z.literal('OKP').describe('Key type.'),
    crv: z.literal('Ed25519').describe('Curve.'),
    x: z.string().describe('The public key, base64url.'),
    kid: z.string().describe('Its id: the RFC 7638 thumbprint.'),
    use: z.literal('sig').describe('For signatures.'),
    alg: z.literal('EdDSA').describe('Algorithm.'),
  })
  .meta({ id: 'PublicKey', description: 'A JSON Web Key (RFC 8037).' });

export const publicKeys = z
  .object({ keys: z.array(publicKey).describe('The current key and the keys that it replaced.') })
  .meta({ id: 'PublicKeys', description: 'A JSON Web Key Set (RFC 7517).' });

import * as z from 'zod';
import { jobStatus, someWarnings, timestamp } from './common.ts';
import { output } from './transcodes.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const objectFacts = {
  object_id: z.uuid().describe('Names the stored object.'),
  kind: z.enum(['upload', 'output']).describe('What it was to the job.'),
  size: z.number().nullable().describe('Bytes; null when they were not counted.'),
  sha256: sha256.nullable().describe('SHA-256 of the bytes; null when no job had read them to their end.'),
};

const deletedObject = z
  .object({
    ...objectFacts,
    reason: z.enum(['erased', 'retention', 'replaced', 'refused', 'lost']).describe('Why it was deleted.'),
    deleted_at: timestamp.describe('When its bytes were gone.'),
  })
  .meta({ id: 'DeletedObject', description: 'A stored object whose bytes are gone.' });

const remainingObject = z
  .object({
    ...objectFacts,
    state: z.enum(['in_use', 'deleting']).describe('Another open job needs it, or it is about to be deleted.'),
  })
  .meta({ id: 'RemainingObject', description: 'A stored object whose bytes are still there.' });

const uploadUrl = z
  .object({
    upload_id: z.uuid().describe('The upload that it was for.'),
    expires_at: timestamp.describe('When it expires.'),
    closed_at: timestamp.nullable().describe('Since then nothing can be put there; null while something can.'),
    late_puts: z
      .number()
      .describe('Times that bytes came after the upload was confirmed or deleted, and were deleted.'),
    holds_bytes: z.boolean().describe('Whether bytes lie there at this moment.'),
  })
  .meta({ id: 'UploadUrl', description: 'A signed URL by which an upload came.' });

const workingCopy = z
  .object({
    attempt: z.number().describe('Which attempt had it.'),
    removed_at: timestamp.nullable().describe('When it was removed; null while it is not known to be.'),
  })
  .meta({ id: 'WorkingCopy', description: 'The work folder of an attempt.' });

export const receipt = z
  .object({
    type: z.literal('airlock.receipt').describe('What is signed.'),
    version: z.literal(1).describe('Of this shape.'),
    transcode_id: z.uuid().describe('The job.'),
    issued_at: timestamp.describe('When this receipt was written.'),
    status: jobStatus,
    reason: z.enum(['erased', 'retention', 'lost']).describe('Why the job’s bytes were deleted.'),
    erased_at: timestamp.describe('When that began.'),
    complete: z.boolean().describe('Whether none of its bytes are left, and no upload URL can add any.'),
    complete_at: timestamp
      .nullable()
      .describe(
        'When the last upload URL stops accepting bytes; null when none accepts any, or when that is not what is waited for.',
      ),
    deleted: z.array(deletedObject).describe('What is gone.'),
    remaining: z.array(remainingObject).describe('What is still there, and why.'),
    upload_urls: z.array(uploadUrl).describe('The signed URLs by which the job’s uploads came.'),
    working_copies: z.array(workingCopy).describe('The work folders of its attempts.'),
  })
  .meta({ id: 'Receipt', description: 'What was deleted of a job, and when.' });

export type Receipt = z.infer<typeof receipt>;

const manifestInput = z
  .object({
    position: z.number().describe('Its place among inputs and assets, from 0.'),
    role: z.enum(['input', 'asset']).describe('A source of the job, or a file that a filter names.'),
    kind: z.string().nullable().describe('What an asset was used as; null for an input.'),
    size: z.number().nullable().describe('Bytes.'),
    sha256: sha256.nullable().describe('SHA-256 of the bytes as they came.'),
    container: z
      .enum(['rewritten', 'original'])
      .nullable()
      .describe('Whether FFmpeg read a remuxed container, or the file as it came; null when that is not known.'),
  })
  .meta({ id: 'ManifestSource', description: 'A file that an output was made from.' });

const manifestAttempt = z
  .object({
    number: z.number().describe('Which attempt made the output, from 1.'),
    started_at: timestamp.describe('When it began.'),
    ended_at: timestamp.nullable().describe('When it ended.'),
    exit_code: z.number().nullable().describe('Of FFmpeg.'),
    cpu_ms: z.number().nullable().describe('Processor time, milliseconds.'),
    max_rss_bytes: z.number().nullable().describe('Most memory that it had, bytes.'),
  })
  .meta({ id: 'ManifestAttempt', description: 'The attempt that made an output.' });

export const manifest = z
  .object({
    type: z.literal('airlock.manifest').describe('What is signed.'),
    version: z.literal(1).describe('Of this shape.'),
    transcode_id: z.uuid().describe('The job.'),
    created_at: timestamp.describe('When the job was accepted.'),
    started_at: timestamp.nullable().describe('When its attempt began.'),
    completed_at: timestamp.nullable().describe('When it became final.'),
    erased_at: timestamp.nullable().describe('When its bytes were deleted; null while they are there.'),
    inputs: z.array(manifestInput).describe('What the output was made from.'),
    outputs: z.array(output).describe('What was made.'),
    command: z
      .object({
        argv: z.array(z.string()).nullable().describe('Program and arguments; null once the job has been erased.'),
        sha256: sha256.nullable().describe('SHA-256 of the arguments.'),
      })
      .describe('The exact command.'),
    ffmpeg: z
      .object({
        version: z.string().nullable().describe('As FFmpeg says it.'),
        package: z.string().nullable().describe('Version of the distribution’s package.'),
      })
      .describe('The build that ran.'),
    sandbox: z.object({ tier: z.string().describe('How FFmpeg was confined.') }).describe('The cell that it ran in.'),
    attempt: manifestAttempt,
    airlock: z
      .object({ version: z.string().nullable().describe('Version of the worker.') })
      .describe('The Airlock that ran it.'),
  })
  .meta({ id: 'Manifest', description: 'How an output was made.' });

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
    kid: z.string().describe('Its name: the RFC 7638 thumbprint.'),
    use: z.literal('sig').describe('For signatures.'),
    alg: z.literal('EdDSA').describe('Algorithm.'),
  })
  .meta({ id: 'PublicKey', description: 'A JSON Web Key (RFC 8037).' });

export const publicKeys = z
  .object({ keys: z.array(publicKey).describe('The present one and those that it replaced.') })
  .meta({ id: 'PublicKeys', description: 'A JSON Web Key Set (RFC 7517).' });

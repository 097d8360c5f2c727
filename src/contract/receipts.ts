import { z } from 'zod';
import { jobStatus, someWarnings, timestamp } from './common.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const objectFacts = {
  object_id: z.uuid(),
  kind: z.enum(['upload', 'output']),
  size: z.number().nullable(),
  /** Null when no job had read the bytes to their end. */
  sha256: sha256.nullable(),
};

export const receipt = z
  .object({
    type: z.literal('airlock.receipt'),
    version: z.literal(1),
    transcode_id: z.uuid(),
    issued_at: timestamp,
    status: jobStatus,
    reason: z.enum(['erased', 'retention', 'lost']),
    erased_at: timestamp,
    complete: z.boolean(),
    /** When the last upload URL can bring nothing more; null when none can, or when that is not what is waited for. */
    complete_at: timestamp.nullable(),
    deleted: z.array(
      z.object({
        ...objectFacts,
        reason: z.enum(['erased', 'retention', 'replaced', 'refused', 'lost']),
        deleted_at: timestamp,
      }),
    ),
    remaining: z.array(z.object({ ...objectFacts, state: z.enum(['in_use', 'deleting']) })),
    /** The signed URLs by which the job's uploads came. */
    upload_urls: z.array(
      z.object({
        upload_id: z.uuid(),
        expires_at: timestamp,
        /** Since then nothing can be put there; null while something can. */
        closed_at: timestamp.nullable(),
        /** Times that bytes came after the upload was confirmed or deleted, and were deleted. */
        late_puts: z.number(),
        /** Bytes lie there at this moment. */
        holds_bytes: z.boolean(),
      }),
    ),
    working_copies: z.array(z.object({ attempt: z.number(), removed_at: timestamp.nullable() })),
  })
  .meta({ id: 'Receipt' });

export type Receipt = z.infer<typeof receipt>;

const output = z.object({
  format: z.string(),
  size: z.number(),
  sha256,
  duration_seconds: z.number().nullable(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  video_codec: z.string().nullable(),
  audio_codec: z.string().nullable(),
});

export const manifest = z
  .object({
    type: z.literal('airlock.manifest'),
    version: z.literal(1),
    transcode_id: z.uuid(),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    completed_at: timestamp.nullable(),
    erased_at: timestamp.nullable(),
    inputs: z.array(
      z.object({
        position: z.number(),
        role: z.enum(['input', 'asset']),
        kind: z.string().nullable(),
        size: z.number().nullable(),
        sha256: sha256.nullable(),
        /** Whether FFmpeg read a container of ours, or the file as it came; null when that is not known. */
        container: z.enum(['rewritten', 'original']).nullable(),
      }),
    ),
    outputs: z.array(output),
    command: z.object({ argv: z.array(z.string()).nullable(), sha256: sha256.nullable() }),
    ffmpeg: z.object({ version: z.string().nullable(), package: z.string().nullable() }),
    sandbox: z.object({ tier: z.string() }),
    attempt: z.object({
      number: z.number(),
      started_at: timestamp,
      ended_at: timestamp.nullable(),
      exit_code: z.number().nullable(),
      cpu_ms: z.number().nullable(),
      max_rss_bytes: z.number().nullable(),
    }),
    airlock: z.object({ version: z.string().nullable() }),
  })
  .meta({ id: 'Manifest' });

export type Manifest = z.infer<typeof manifest>;

const signature = { signature: z.string(), key_id: z.string(), algorithm: z.literal('Ed25519') };

export const signedReceipt = z.object({ receipt, ...signature, warnings: someWarnings }).meta({ id: 'SignedReceipt' });
export const signedManifest = z
  .object({ manifest, ...signature, warnings: someWarnings })
  .meta({ id: 'SignedManifest' });

export const publicKeys = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        kid: z.string(),
        use: z.literal('sig'),
        alg: z.literal('EdDSA'),
      }),
    ),
  })
  .meta({ id: 'PublicKeys' });

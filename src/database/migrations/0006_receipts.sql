-- What receipts of deletion and manifests tell (docs/receipts.md). No names, URLs or texts of users: hashes, sizes, ids,
-- times, so that all of it may stay as long as its job's row, after everything else of the job has gone.

ALTER TABLE objects
  ADD COLUMN transcode_id    uuid,                                       -- outputs: the job, whatever became of the attempt
  ADD COLUMN deletion_reason text CHECK (deletion_reason IN ('erased', 'retention', 'replaced', 'refused', 'lost'));
UPDATE objects SET transcode_id = transcodes.id FROM transcodes WHERE transcodes.output_object_id = objects.id;
CREATE INDEX objects_transcode ON objects (transcode_id) WHERE transcode_id IS NOT NULL;

ALTER TABLE transcodes
  ADD COLUMN erased_reason text CHECK (erased_reason IN ('erased', 'retention', 'lost'));
UPDATE transcodes SET erased_reason = 'erased' WHERE erased_at IS NOT NULL;

ALTER TABLE transcode_inputs
  ADD COLUMN size   bigint,
  ADD COLUMN sha256 text;

ALTER TABLE attempts
  ADD COLUMN airlock_version text,
  ADD COLUMN ffmpeg_version  text,
  ADD COLUMN ffmpeg_package  text,
  ADD COLUMN command_sha256  text,                                       -- of the canonical JSON of the arguments
  ADD COLUMN cleaned_at      timestamptz;                                -- its worker has removed its copies and cells
UPDATE attempts SET cleaned_at = ended_at;

-- Public halves of the keys that have signed: an old signature can be checked after its key was replaced.
CREATE TABLE signing_keys (
  kid        text PRIMARY KEY,                                           -- RFC 7638 thumbprint
  public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),       -- Ed25519
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Signed heads of the audit log: a log whose end was cut off does not fit them any more.
CREATE TABLE audit_checkpoints (
  seq       bigint PRIMARY KEY,
  hash      bytea NOT NULL,
  at        timestamptz NOT NULL,
  kid       text NOT NULL,
  signature bytea NOT NULL
);

-- Accounts whose inputs must be rewritten by us before FFmpeg sees them; what cannot be is refused.
ALTER TABLE accounts ADD COLUMN disarm boolean NOT NULL DEFAULT false;

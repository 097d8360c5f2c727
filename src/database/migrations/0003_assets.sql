-- Files beside the inputs that filters and overlays name: kept alive, fetched, forgotten and erased like inputs, so they
-- are rows like inputs. Asset i of a request with n inputs has the position n + i; one that is a job input has no row.
ALTER TABLE transcode_inputs
  ADD COLUMN role text NOT NULL DEFAULT 'input' CHECK (role IN ('input', 'asset')),
  ADD COLUMN kind text CHECK (kind IN ('subtitle', 'lut', 'font', 'picture', 'media')),
  ADD CONSTRAINT transcode_inputs_kind CHECK ((role = 'asset') = (kind IS NOT NULL));

-- Filters and overlays may hold whole URLs: the request with their queries lives as long as its job is open.
ALTER TABLE transcodes
  ADD COLUMN request_source_sealed bytea;                                -- null: request_sealed is whole

-- Who created a key: an account over the API (OAuth tokens and rotations included), the operator on the command line, or
-- a local command for its own use. Only the first count towards the new keys that an account may create in a day.
ALTER TABLE api_keys
  ADD COLUMN origin text NOT NULL DEFAULT 'account' CHECK (origin IN ('account', 'operator', 'command'));
UPDATE api_keys SET origin = 'command'
  WHERE name = 'airlock command' AND id::text IN (SELECT target FROM audit_log WHERE action = 'key.created' AND actor = 'cli');

-- Attempts of a delivery before it was sent again by hand. `attempts` starts again then, because it chooses the next pause.
ALTER TABLE webhook_deliveries ADD COLUMN earlier_attempts int NOT NULL DEFAULT 0;

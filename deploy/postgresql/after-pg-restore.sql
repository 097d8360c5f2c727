-- Run once as the owner after pg_restore, before Airlock starts:
--   psql "$AIRLOCK_DATABASE_URL" -v ON_ERROR_STOP=1 -f deploy/postgresql/after-pg-restore.sql
--
-- Events are read in the order of their transactions. A dump restores the numbers of the old server's transactions; a new server
-- counts from the beginning, so it would hide those events for a long time, and show new ones before them. They become the
-- first instead, in the order of their ids. Cursors that clients kept are answered with `events_expired`. A physical copy
-- needs none of this: it keeps the counter.
BEGIN;
LOCK TABLE events, webhook_deliveries;
ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_event_tx_event_id_fkey;
UPDATE events SET tx = '1';
UPDATE webhook_deliveries SET event_tx = '1';
ALTER TABLE webhook_deliveries ADD FOREIGN KEY (event_tx, event_id) REFERENCES events (tx, id) ON DELETE CASCADE;
COMMIT;

-- Objects that never became live are few. Without an index of their own, PostgreSQL expects as many of them to be due as of all
-- objects, most of which are deleted, and reads the entries of every object that is stored.
CREATE INDEX objects_abandoned ON objects (delete_after) WHERE state = 'pending';

-- Indexes of queries that read a whole table -------------------------------------------------------------------------
-- test/plans looks at the plan of every query. docs/decisions/0045-every-plan-is-looked-at.md has the reasons and figures.

-- Events of an account of some types: rare ones would be looked for among all.
CREATE INDEX events_type ON events (account_id, type, tx, id);

-- Reconciliation reads the keys whose bytes exist, in their order: nine of ten rows may be of deleted bytes.
CREATE INDEX objects_kept ON objects (key) WHERE state <> 'deleted';

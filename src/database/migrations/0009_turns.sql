-- Whose turn it is (docs/decisions/0012-fair-turns.md): each claim asks which accounts wait in a lane, and how many jobs each
-- account has running. Neither answer may cost more because somebody has thousands of jobs waiting.
CREATE INDEX transcodes_lane_accounts ON transcodes (lane, account_id, created_at) WHERE status = 'pending';
CREATE INDEX transcodes_processing ON transcodes (account_id) WHERE status = 'processing';

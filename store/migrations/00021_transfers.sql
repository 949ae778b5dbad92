-- When deposits and withdrawals were taken and changed, in microseconds since 1970 (0:
-- before this was kept), and which event of its block told of each first.

-- +goose Up
ALTER TABLE deposits ADD COLUMN began_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deposits ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deposits ADD COLUMN n BIGINT NOT NULL DEFAULT 0;
UPDATE deposits SET n = (SELECT COUNT(*) FROM deposits d WHERE d.height = deposits.height AND d.reference < deposits.reference);
ALTER TABLE withdrawals ADD COLUMN began_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE withdrawals ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE withdrawals ADD COLUMN n BIGINT NOT NULL DEFAULT 0;
UPDATE withdrawals SET n = (SELECT COUNT(*) FROM withdrawals w WHERE w.height = withdrawals.height
	AND (w.participant, w.reference) < (withdrawals.participant, withdrawals.reference));

-- Keys, money on its way and amended rules. Amounts of deposits and withdrawals are
-- BIGINT, whole kopecks.

-- +goose Up
ALTER TABLE orders ADD COLUMN only_with TEXT NOT NULL DEFAULT '';
ALTER TABLE mandates ADD COLUMN partners TEXT NOT NULL DEFAULT '';

CREATE TABLE owner_keys (
    participant  TEXT NOT NULL,
    fingerprint  BYTEA NOT NULL,
    public_key   BYTEA NOT NULL,
    height       BIGINT NOT NULL,
    ended_height BIGINT NOT NULL,
    PRIMARY KEY (participant, fingerprint)
);

-- By bank reference. height: of the block that took it; changed: of its state.
CREATE TABLE deposits (
    reference   TEXT PRIMARY KEY,
    participant TEXT NOT NULL,
    amount      BIGINT NOT NULL,
    state       TEXT NOT NULL,
    height      BIGINT NOT NULL,
    changed     BIGINT NOT NULL
);
CREATE INDEX deposits_participant ON deposits (participant, height, reference);

CREATE TABLE withdrawals (
    participant    TEXT NOT NULL,
    reference      TEXT NOT NULL,
    amount         BIGINT NOT NULL,
    state          TEXT NOT NULL,
    bank_reference TEXT NOT NULL,
    height         BIGINT NOT NULL,
    changed        BIGINT NOT NULL,
    PRIMARY KEY (participant, reference)
);

-- body: the amendment in JSON. replaced: the height of one for the same slot.
CREATE TABLE amendments (
    sequence   BIGINT PRIMARY KEY,
    first_slot BIGINT NOT NULL,
    body       TEXT NOT NULL,
    height     BIGINT NOT NULL,
    replaced   BIGINT NOT NULL
);

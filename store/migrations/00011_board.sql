-- The board: offers, forward contracts and their states, from the ledger. Profiles and
-- what was signed are canonical bytes. corrections: readings that replaced an estimate
-- in a settled slot.

-- +goose Up
CREATE TABLE board_offers (
    id          TEXT PRIMARY KEY,
    height      BIGINT NOT NULL,
    n           BIGINT NOT NULL,
    site        TEXT NOT NULL,
    participant TEXT NOT NULL,
    side        BIGINT NOT NULL,
    body        BYTEA NOT NULL,
    remains     BYTEA NOT NULL,
    state       TEXT NOT NULL,
    changed     BIGINT NOT NULL
);
CREATE INDEX board_offers_new ON board_offers (height, n);
CREATE INDEX board_offers_state ON board_offers (state, height, n);

CREATE TABLE forwards (
    id            TEXT PRIMARY KEY,
    height        BIGINT NOT NULL,
    n             BIGINT NOT NULL,
    offer         TEXT NOT NULL,
    buyer         TEXT NOT NULL,
    seller        TEXT NOT NULL,
    buyer_site    TEXT NOT NULL,
    seller_site   TEXT NOT NULL,
    first_slot    BIGINT NOT NULL,
    last_slot     BIGINT NOT NULL,
    body          BYTEA NOT NULL,
    remains       BYTEA NOT NULL,
    state         TEXT NOT NULL,
    fee           BIGINT NOT NULL,
    path          TEXT NOT NULL,
    closed_out    TEXT NOT NULL,
    covered       BIGINT NOT NULL,
    buyer_signed  BYTEA NOT NULL,
    seller_signed BYTEA NOT NULL,
    buyer_key     BYTEA NOT NULL,
    seller_key    BYTEA NOT NULL,
    changed       BIGINT NOT NULL
);
CREATE INDEX forwards_new ON forwards (height, n);
CREATE INDEX forwards_buyer ON forwards (buyer, height, n);
CREATE INDEX forwards_seller ON forwards (seller, height, n);
CREATE INDEX forwards_state ON forwards (state, first_slot);

CREATE TABLE forward_states (
    id         TEXT NOT NULL,
    height     BIGINT NOT NULL,
    n          BIGINT NOT NULL,
    state      TEXT NOT NULL,
    closed_out TEXT NOT NULL,
    PRIMARY KEY (id, height, n)
);

CREATE TABLE corrections (
    slot   BIGINT NOT NULL,
    site   TEXT NOT NULL,
    height BIGINT NOT NULL,
    PRIMARY KEY (slot, site)
);

-- People's accounts, their sessions and their programs' keys. The ledger knows none
-- of this: a rebuild leaves these tables alone. Secrets are kept as their SHA-256.

-- +goose Up
CREATE TABLE user_accounts (
    name        TEXT PRIMARY KEY,
    role        TEXT NOT NULL,
    participant TEXT NOT NULL,
    password    TEXT NOT NULL,
    must_change BOOLEAN NOT NULL,
    disabled    BOOLEAN NOT NULL,
    created     BIGINT NOT NULL,
    changed     BIGINT NOT NULL
);
CREATE TABLE web_sessions (
    id      BYTEA PRIMARY KEY,
    account TEXT NOT NULL REFERENCES user_accounts (name),
    created BIGINT NOT NULL,
    seen    BIGINT NOT NULL,
    address TEXT NOT NULL,
    agent   TEXT NOT NULL
);
CREATE INDEX web_sessions_account ON web_sessions (account, created);
CREATE TABLE api_keys (
    id      BYTEA PRIMARY KEY,
    account TEXT NOT NULL REFERENCES user_accounts (name),
    name    TEXT NOT NULL,
    scopes  TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used    BIGINT NOT NULL
);
CREATE INDEX api_keys_account ON api_keys (account, created);

-- What happened to accounts, only added to.
CREATE TABLE account_events (
    id      BIGINT PRIMARY KEY,
    time    BIGINT NOT NULL,
    deed    TEXT NOT NULL,
    account TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    address TEXT NOT NULL,
    detail  TEXT NOT NULL
);
CREATE INDEX account_events_account ON account_events (account, id);
INSERT INTO counters (name, last) VALUES ('account_events', 0);

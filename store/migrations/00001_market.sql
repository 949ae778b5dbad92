-- Plain SQL that runs on SQLite and on PostgreSQL. Slots, watt-hours, kopecks per
-- MWh and heights are BIGINT; times are BIGINT, microseconds since 1970 in UTC;
-- amounts are TEXT, exact rubles, and are added up in Go.

-- +goose Up
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- How far the ledger has been projected.
CREATE TABLE projection (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    height BIGINT NOT NULL
);
INSERT INTO projection (one, height) VALUES (1, 0);

-- The last id given out in an append-only table.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO counters (name, last) VALUES ('messages', 0), ('decisions', 0);

-- Who takes part, from the ledger.
CREATE TABLE participants (
    id        TEXT PRIMARY KEY,
    owner_key BYTEA NOT NULL,
    height    BIGINT NOT NULL
);
CREATE TABLE sites (
    id          TEXT PRIMARY KEY,
    participant TEXT NOT NULL,
    zone        TEXT NOT NULL,
    role        TEXT NOT NULL,
    tariff      TEXT NOT NULL,
    capacity_w  BIGINT NOT NULL,
    height      BIGINT NOT NULL
);
CREATE TABLE mandates (
    height       BIGINT NOT NULL,
    n            BIGINT NOT NULL,
    participant  TEXT NOT NULL,
    site         TEXT NOT NULL,
    agent        BYTEA NOT NULL,
    agent_key    BYTEA NOT NULL,
    may_buy      BOOLEAN NOT NULL,
    may_sell     BOOLEAN NOT NULL,
    max_energy   BIGINT NOT NULL,
    max_buy      BIGINT NOT NULL,
    min_sell     BIGINT NOT NULL,
    daily_spend  BIGINT NOT NULL,
    expires      BIGINT NOT NULL,
    ended_height BIGINT NOT NULL,
    PRIMARY KEY (height, n)
);

-- What people chose: not on the ledger, kept when the projection is rebuilt.
CREATE TABLE names (
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    name    TEXT NOT NULL,
    name_en TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE TABLE site_settings (
    site        TEXT PRIMARY KEY,
    participant TEXT NOT NULL,
    zone        TEXT NOT NULL,
    role        TEXT NOT NULL,
    tariff      TEXT NOT NULL,
    capacity_w  BIGINT NOT NULL,
    mode        TEXT NOT NULL,
    goal        TEXT NOT NULL,
    strategy    TEXT NOT NULL,
    running     BOOLEAN NOT NULL
);

-- Sessions and what clearing made of them. noted: the row holds what this machine
-- saw (its opening, the time to commit) and outlives a rebuild.
CREATE TABLE sessions (
    slot         BIGINT PRIMARY KEY,
    state        TEXT NOT NULL,
    origin       TEXT NOT NULL,
    height       BIGINT NOT NULL,
    delivered    BOOLEAN NOT NULL,
    active_after BIGINT NOT NULL,
    noted        BOOLEAN NOT NULL
);
CREATE TABLE clearings (
    slot        BIGINT NOT NULL REFERENCES sessions (slot),
    discovery   BIGINT NOT NULL,
    missed      BOOLEAN NOT NULL,
    import_wh   BIGINT NOT NULL,
    export_wh   BIGINT NOT NULL,
    import_full BOOLEAN NOT NULL,
    export_full BOOLEAN NOT NULL,
    welfare     TEXT NOT NULL,
    network     TEXT NOT NULL,
    height      BIGINT NOT NULL,
    PRIMARY KEY (slot, discovery)
);
CREATE TABLE rounds (
    slot      BIGINT NOT NULL REFERENCES sessions (slot),
    discovery BIGINT NOT NULL,
    round     BIGINT NOT NULL,
    contracts BIGINT NOT NULL,
    energy    BIGINT NOT NULL,
    PRIMARY KEY (slot, discovery, round)
);
CREATE TABLE prices (
    slot      BIGINT NOT NULL REFERENCES sessions (slot),
    discovery BIGINT NOT NULL,
    n         BIGINT NOT NULL,
    zone      TEXT NOT NULL,
    price     BIGINT NOT NULL,
    lowest    BIGINT,
    highest   BIGINT,
    PRIMARY KEY (slot, discovery, n)
);
CREATE TABLE flows (
    slot      BIGINT NOT NULL REFERENCES sessions (slot),
    discovery BIGINT NOT NULL,
    n         BIGINT NOT NULL,
    from_zone TEXT NOT NULL,
    to_zone   TEXT NOT NULL,
    energy    BIGINT NOT NULL,
    PRIMARY KEY (slot, discovery, n)
);
CREATE TABLE contracts (
    slot         BIGINT NOT NULL REFERENCES sessions (slot),
    discovery    BIGINT NOT NULL,
    n            BIGINT NOT NULL,
    id           TEXT NOT NULL UNIQUE,
    round        BIGINT NOT NULL,
    buy_order    TEXT NOT NULL,
    sell_order   TEXT NOT NULL,
    buyer        TEXT NOT NULL,
    seller       TEXT NOT NULL,
    buyer_site   TEXT NOT NULL,
    seller_site  TEXT NOT NULL,
    buyer_zone   TEXT NOT NULL,
    seller_zone  TEXT NOT NULL,
    energy       BIGINT NOT NULL,
    buyer_price  BIGINT NOT NULL,
    seller_price BIGINT NOT NULL,
    height       BIGINT NOT NULL,
    PRIMARY KEY (slot, discovery, n)
);
CREATE INDEX contracts_buyer ON contracts (buyer, slot, discovery, n);
CREATE INDEX contracts_seller ON contracts (seller, slot, discovery, n);

-- A site's contracts of a slot, netted: consumption plus, payments plus.
CREATE TABLE positions (
    site       TEXT NOT NULL,
    slot       BIGINT NOT NULL REFERENCES sessions (slot),
    contracted BIGINT NOT NULL,
    inside     BIGINT NOT NULL,
    paid       TEXT NOT NULL,
    PRIMARY KEY (site, slot)
);
CREATE INDEX positions_slot ON positions (slot);

CREATE TABLE orders (
    height      BIGINT NOT NULL,
    n           BIGINT NOT NULL,
    slot        BIGINT NOT NULL,
    discovery   BIGINT NOT NULL,
    id          TEXT NOT NULL,
    participant TEXT NOT NULL,
    site        TEXT NOT NULL,
    zone        TEXT NOT NULL,
    sequence    BIGINT NOT NULL,
    side        BIGINT NOT NULL,
    energy      BIGINT NOT NULL,
    limit_price BIGINT NOT NULL,
    source      TEXT NOT NULL,
    prefer      TEXT NOT NULL,
    avoid       TEXT NOT NULL,
    refused     TEXT NOT NULL,
    reserved    TEXT NOT NULL,
    cut         BIGINT NOT NULL,
    signature   BYTEA NOT NULL,
    PRIMARY KEY (height, n)
);
CREATE INDEX orders_slot ON orders (slot, discovery, site);
CREATE INDEX orders_participant ON orders (participant, height, n);
CREATE INDEX orders_id ON orders (id);

-- What of an order did not trade, and why.
CREATE TABLE unmatched (
    slot        BIGINT NOT NULL,
    discovery   BIGINT NOT NULL,
    id          TEXT NOT NULL,
    energy      BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    best        BIGINT NOT NULL,
    would_trade BIGINT NOT NULL,
    PRIMARY KEY (slot, discovery, id)
);

CREATE TABLE statements (
    slot      BIGINT NOT NULL,
    site      TEXT NOT NULL,
    root      BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    differs   BOOLEAN NOT NULL,
    height    BIGINT NOT NULL,
    PRIMARY KEY (slot, site)
);

-- Meter series and the forecasts made for them.
CREATE TABLE readings (
    site    TEXT NOT NULL,
    slot    BIGINT NOT NULL,
    energy  BIGINT NOT NULL,
    quality TEXT NOT NULL,
    origin  TEXT NOT NULL,
    height  BIGINT NOT NULL,
    PRIMARY KEY (site, slot)
);
CREATE TABLE forecasts (
    site   TEXT NOT NULL,
    slot   BIGINT NOT NULL,
    made   BIGINT NOT NULL,
    q10    BIGINT NOT NULL,
    q50    BIGINT NOT NULL,
    q90    BIGINT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (site, slot)
);

-- Settlement.
CREATE TABLE intervals (
    first_slot BIGINT PRIMARY KEY,
    last_slot  BIGINT NOT NULL,
    connection BIGINT NOT NULL,
    invoice    TEXT NOT NULL,
    residual   TEXT NOT NULL,
    height     BIGINT NOT NULL
);
CREATE TABLE settlements (
    first_slot     BIGINT NOT NULL,
    last_slot      BIGINT NOT NULL,
    participant    TEXT NOT NULL,
    zone           TEXT NOT NULL,
    tariff         TEXT NOT NULL,
    metered        BIGINT NOT NULL,
    contracted     BIGINT NOT NULL,
    paid           TEXT NOT NULL,
    baseline       TEXT NOT NULL,
    imbalance      TEXT NOT NULL,
    residual       TEXT NOT NULL,
    inside         BIGINT NOT NULL,
    estimated      BOOLEAN NOT NULL,
    forecast_error BIGINT NOT NULL,
    metered_abs    BIGINT NOT NULL,
    origin         TEXT NOT NULL,
    PRIMARY KEY (first_slot, participant, zone, tariff)
);
CREATE TABLE months (
    height  BIGINT NOT NULL,
    n       BIGINT NOT NULL,
    month   TEXT NOT NULL,
    partial BOOLEAN NOT NULL,
    PRIMARY KEY (height, n)
);
CREATE TABLE month_balances (
    height      BIGINT NOT NULL,
    n           BIGINT NOT NULL,
    participant TEXT NOT NULL,
    paid        TEXT NOT NULL,
    baseline    TEXT NOT NULL,
    eligible    TEXT NOT NULL,
    top_up      TEXT NOT NULL,
    PRIMARY KEY (height, n, participant)
);
CREATE TABLE postings (
    height       BIGINT NOT NULL,
    n            BIGINT NOT NULL,
    slot         BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    from_account TEXT NOT NULL,
    to_account   TEXT NOT NULL,
    amount       TEXT NOT NULL,
    contract     TEXT NOT NULL,
    PRIMARY KEY (height, n)
);
CREATE TABLE accounts (
    account TEXT PRIMARY KEY,
    balance TEXT NOT NULL
);

-- Messages between the parts and the agents' journal.
CREATE TABLE messages (
    id           BIGINT PRIMARY KEY,
    time         BIGINT NOT NULL,
    session      TEXT NOT NULL,
    kind         TEXT NOT NULL,
    performative TEXT NOT NULL,
    sender       TEXT NOT NULL,
    receiver     TEXT NOT NULL,
    text         TEXT NOT NULL,
    args         TEXT NOT NULL,
    ref          TEXT NOT NULL,
    height       BIGINT NOT NULL
);
CREATE INDEX messages_session ON messages (session, id);
CREATE TABLE decisions (
    id          BIGINT PRIMARY KEY,
    time        BIGINT NOT NULL,
    session     TEXT NOT NULL,
    site        TEXT NOT NULL,
    discovery   BIGINT NOT NULL,
    strategy    TEXT NOT NULL,
    fallback    BOOLEAN NOT NULL,
    ordered     BOOLEAN NOT NULL,
    side        BIGINT NOT NULL,
    energy      BIGINT NOT NULL,
    limit_price BIGINT NOT NULL,
    quantile    DOUBLE PRECISION NOT NULL,
    reason      TEXT NOT NULL,
    args        TEXT NOT NULL,
    origin      TEXT NOT NULL
);
CREATE INDEX decisions_session ON decisions (session, id);
CREATE INDEX decisions_site ON decisions (site, id);

-- The station's one database (schema version 1). WAL, synchronous=FULL: what is committed survives a power cut.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a visit. `seq` never repeats within an epoch (AUTOINCREMENT), the epoch never repeats at all.
CREATE TABLE record (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    protocol TEXT NOT NULL,
    body     BLOB NOT NULL               -- the record as JSON, as it is published
) STRICT;

-- Raw trials of a record, compressed, so that any result can be computed again.
CREATE TABLE raw_trial (
    record_id TEXT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (record_id, name)
) STRICT, WITHOUT ROWID;

-- What the clinic has not taken yet (open), has taken (closed), or will not take (parked).
CREATE TABLE outbox (
    seq       INTEGER PRIMARY KEY,       -- order of delivery: that of the records
    id        TEXT NOT NULL UNIQUE,
    topic     TEXT NOT NULL,             -- below <prefix>/v1/<site>/<station>/
    body      BLOB NOT NULL,
    state     TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'parked')),
    attempts  INTEGER NOT NULL DEFAULT 0, -- only those that the broker refused
    reason    TEXT,                      -- why it was parked
    closed_by TEXT,                      -- who said that it is stored
    opened_s  REAL NOT NULL,             -- system UTC, seconds; for ages only
    settled_s REAL
) STRICT;

CREATE INDEX outbox_open ON outbox (seq) WHERE state = 'open';

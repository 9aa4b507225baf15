-- From schema version 1 to 2: events beside records. Both take their number from one count, so that no id of either
-- ever repeats and the outbox is in the order in which things happened.

CREATE TABLE event (
    seq  INTEGER PRIMARY KEY,
    id   TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,                  -- calibration, daily-check, staff
    body BLOB NOT NULL                   -- the event as JSON, as it is published
) STRICT;

-- meta 'sequence' is the last number given, to a record or an event.
INSERT INTO meta SELECT 'sequence', CAST(coalesce(max(seq), 0) AS TEXT) FROM sqlite_sequence WHERE name = 'record';

CREATE INDEX outbox_open_events ON outbox (seq) WHERE state = 'open' AND topic LIKE 'event/%';

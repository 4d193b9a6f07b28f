-- Polls of the survey portal, and each time somebody connected one.

CREATE TABLE polls (
    id            INTEGER PRIMARY KEY,
    name          TEXT,
    language      TEXT    NOT NULL,
    employee      TEXT,
    registered_at INTEGER NOT NULL,
    activated_at  INTEGER NOT NULL,
    activations   INTEGER NOT NULL
) STRICT;

CREATE TABLE poll_activations (
    seq      INTEGER PRIMARY KEY,
    poll     INTEGER NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
    at       INTEGER NOT NULL,
    name     TEXT,
    language TEXT    NOT NULL,
    employee TEXT
) STRICT;

CREATE INDEX poll_activations_of_poll ON poll_activations (poll);

-- Requests that were refused before they became submissions: a ring of the newest.
CREATE TABLE refused (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    address TEXT,
    source  TEXT NOT NULL,
    method  TEXT NOT NULL,
    status  INTEGER NOT NULL,
    code    TEXT NOT NULL,
    size    INTEGER NOT NULL,
    -- of one that could not be read
    body    BLOB
) STRICT;

CREATE INDEX refused_at ON refused (at);

-- How many bodies there are and how long, without reading them.
CREATE INDEX refused_bodies ON refused (seq, length(body)) WHERE body IS NOT NULL;

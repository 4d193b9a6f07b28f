-- Calls of PBXs while they go on, so that their events before and after a restart belong together.
CREATE TABLE calls (
    pbx        TEXT NOT NULL,
    id         TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    state      TEXT NOT NULL,                                   -- JSON, with a number
    PRIMARY KEY (pbx, id)
) STRICT, WITHOUT ROWID;

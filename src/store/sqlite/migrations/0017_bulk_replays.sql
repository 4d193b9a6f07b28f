-- Replays of many submissions that people plan and confirm in the console or with the API. The set is fixed
-- when a replay is made. `fate` is what the dry run says about an item, as JSON without values of
-- the packet; `outcome` is empty until the item is begun.
CREATE TABLE bulk_replays (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at      INTEGER NOT NULL,
    who          TEXT NOT NULL,
    state        TEXT NOT NULL,
    orders       TEXT NOT NULL,                                 -- JSON: what to replay, and how
    confirmed_at INTEGER,
    confirmed_by TEXT,
    ended_at     INTEGER
) STRICT;

CREATE TABLE bulk_replay_items (
    replay     INTEGER NOT NULL REFERENCES bulk_replays (id) ON DELETE CASCADE,
    submission INTEGER NOT NULL REFERENCES submissions (seq) ON DELETE CASCADE,
    fate       TEXT,
    is_taken   INTEGER NOT NULL DEFAULT 0,
    outcome    TEXT,
    PRIMARY KEY (replay, submission)
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_replay_items_of ON bulk_replay_items (submission);

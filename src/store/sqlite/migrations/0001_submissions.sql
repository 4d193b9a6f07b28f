-- Submissions and what happened to them. Times are microseconds since 1970, UTC.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE submissions (
    seq            INTEGER PRIMARY KEY,                         -- the order of acceptance
    id             BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    identity       TEXT    NOT NULL UNIQUE,
    source         TEXT    NOT NULL,
    poll_id        INTEGER,
    answer_id      INTEGER,
    received_at    INTEGER NOT NULL,
    profile        TEXT,
    state          TEXT    NOT NULL,
    reason         TEXT,                                        -- of the closed list, when parked
    note           TEXT,                                        -- in words
    attempt        INTEGER NOT NULL DEFAULT 0,
    due_at         INTEGER,                                     -- set exactly while it is due some time
    leased_at      INTEGER,
    uncertain      INTEGER NOT NULL DEFAULT 0,
    repeats        INTEGER NOT NULL DEFAULT 0,
    last_repeat_at INTEGER,
    settled_at     INTEGER,
    contact_id     INTEGER,
    record_kind    TEXT,
    record_id      INTEGER,
    raw            BLOB    NOT NULL,                            -- last, so that the rest is read without it
    CHECK ((due_at IS NOT NULL) = (state IN ('queued', 'waiting')))
) STRICT;

CREATE INDEX submissions_due ON submissions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX submissions_by_time ON submissions (received_at);
CREATE INDEX submissions_by_state ON submissions (state, received_at);

CREATE TABLE events (
    seq        INTEGER PRIMARY KEY,
    submission INTEGER NOT NULL REFERENCES submissions (seq) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    payload    TEXT    NOT NULL,
    body       BLOB                                             -- another body of the same submission
) STRICT;

CREATE INDEX events_of_submission ON events (submission);

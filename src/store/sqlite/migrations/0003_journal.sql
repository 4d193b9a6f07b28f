-- Finding text in history, replaying a plan as it was, and letting old history go.

-- What people remember of a submission, by its seq. Filled behind the intake's back: `meta` tells how far
-- (indexed_submission, indexed_event).
CREATE VIRTUAL TABLE search USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'trigram', detail = none
);

-- A queued submission that goes by a plan of its history instead of today's profile.
CREATE TABLE replays (
    submission INTEGER PRIMARY KEY REFERENCES submissions (seq) ON DELETE CASCADE,
    plan       INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE
) STRICT;

CREATE INDEX replays_of_plan ON replays (plan);

-- What may be let go, oldest first; an erased or tidied row has an empty body and is not in here.
CREATE INDEX submissions_settled ON submissions (coalesce(settled_at, received_at))
    WHERE state IN ('delivered', 'ignored', 'rejected') AND length(raw) > 0;

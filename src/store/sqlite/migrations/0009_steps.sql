-- The outcomes of steps. A step that is done or refused is never repeated, unless a person names it; an unfinished
-- or uncertain one has made something already. What later steps may use is in `result`, as JSON.
CREATE TABLE steps (
    submission  INTEGER NOT NULL REFERENCES submissions (seq) ON DELETE CASCADE,
    name        TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    destination TEXT    NOT NULL,                               -- kind:name; the name is unknown before this release
    verdict     TEXT    NOT NULL,
    result      TEXT    NOT NULL,
    reason      TEXT,                                           -- why it was refused
    note        TEXT,
    at          INTEGER NOT NULL,
    PRIMARY KEY (submission, name)
) STRICT, WITHOUT ROWID;

-- Until now every plan had one step.
INSERT INTO steps (submission, name, position, destination, verdict, result, at)
SELECT seq, 'crm', 0, 'crm:', CASE state WHEN 'delivered' THEN 'done' ELSE 'unfinished' END,
       json_patch('{}', json_object(
           'contact_id', contact_id,
           'lead_id',   CASE record_kind WHEN 'lead' THEN record_id END,
           'deal_id',   CASE record_kind WHEN 'deal' THEN record_id END,
           'item_id',   CASE WHEN record_kind LIKE 'item-%' THEN record_id END,
           'item_type', CASE WHEN record_kind LIKE 'item-%' THEN CAST(substr(record_kind, 6) AS INTEGER) END)),
       coalesce(settled_at, received_at)
FROM submissions
WHERE length(raw) > 0 AND (state = 'delivered' OR contact_id IS NOT NULL OR record_id IS NOT NULL);

-- The step that a submission waits for, and the number of attempts before its first.
ALTER TABLE submissions ADD COLUMN step TEXT;
ALTER TABLE submissions ADD COLUMN step_began INTEGER NOT NULL DEFAULT 0;

-- A plan of which the history has a shortened copy only.
ALTER TABLE replays ADD COLUMN complete TEXT;

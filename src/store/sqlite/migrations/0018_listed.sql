-- Lists by profile, source, destination and left-out values. Filled behind the intake's back together with the search
-- index: an index on `submissions` would cost each new submission a row. A row may be stale, so lists check each
-- submission again.
CREATE TABLE listed (
    kind        TEXT    NOT NULL,                               -- profile, source, address, destination, left-out
    value       TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    submission  INTEGER NOT NULL,
    PRIMARY KEY (kind, value, received_at, submission)
) STRICT, WITHOUT ROWID;

INSERT INTO listed (kind, value, received_at, submission)
SELECT 'profile', profile, received_at, seq FROM submissions WHERE profile IS NOT NULL;
INSERT INTO listed (kind, value, received_at, submission)
SELECT 'source', source, received_at, seq FROM submissions;
INSERT INTO listed (kind, value, received_at, submission)
SELECT 'address', substr(identity, 1, length(source) + instr(substr(identity, length(source) + 2), '/')), received_at, seq
FROM submissions;
INSERT OR IGNORE INTO listed (kind, value, received_at, submission)
SELECT 'destination', steps.destination, received_at, seq FROM steps JOIN submissions ON seq = submission;
-- more than there are: a list looks into each
INSERT INTO listed (kind, value, received_at, submission)
SELECT DISTINCT 'left-out', '', received_at, submissions.seq FROM submissions JOIN events ON submission = submissions.seq
WHERE events.kind = 'because' AND (payload LIKE '{"mapping":%' OR payload LIKE '{"unknown_label%'
    OR payload LIKE '{"contact":%' OR payload LIKE '{"company":%' OR payload LIKE '%"products_not_read":%'
    OR payload LIKE '{"file":%"left_out":%');

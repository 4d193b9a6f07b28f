-- The index of what can be purged, as before, but with OR: for a list of three values SQLite builds a
-- temporary table each time it inserts or updates a submission.
DROP INDEX submissions_settled;
CREATE INDEX submissions_settled ON submissions (coalesce(settled_at, received_at))
    WHERE (state = 'delivered' OR state = 'ignored' OR state = 'rejected') AND length(raw) > 0;

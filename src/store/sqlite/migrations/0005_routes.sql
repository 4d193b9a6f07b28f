-- Which way a submission goes: see domain/route.rs. Where it is empty, nobody has sorted it yet. What is
-- due is looked up route by route, so that what waits for one connection is not in the way of the others.

ALTER TABLE submissions ADD COLUMN route TEXT NOT NULL DEFAULT '';

DROP INDEX submissions_due;
CREATE INDEX submissions_due ON submissions (route, due_at) WHERE due_at IS NOT NULL;

-- A source is its name, the identity of the submission (name/address/key) and a JSON of details that only
-- the source's own module reads. `poll_id` and `answer_id` are not used any more: the identity has both.
-- They are not dropped, because that would rewrite the table twice more.

ALTER TABLE submissions ADD COLUMN details TEXT NOT NULL DEFAULT '{}';

UPDATE submissions SET
    source = CASE WHEN source = 'poll' THEN 'polls' ELSE 'channels' END,
    details = CASE WHEN source LIKE 'channel {%' THEN substr(source, 9) ELSE '{}' END,
    poll_id = NULL,
    answer_id = NULL;

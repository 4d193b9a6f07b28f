-- How many times in a row the program has ended while it worked on a submission. A row exists only for
-- submissions that are suspected; the next outcome of one removes its row.

CREATE TABLE crashes (
    submission INTEGER PRIMARY KEY REFERENCES submissions (seq) ON DELETE CASCADE,
    count      INTEGER NOT NULL
) STRICT;

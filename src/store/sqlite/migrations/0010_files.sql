-- Files behind links, fetched for submissions. A file without content cannot be had, for the reason in `fault`.
CREATE TABLE files (
    submission INTEGER NOT NULL REFERENCES submissions (seq) ON DELETE CASCADE,
    place      TEXT    NOT NULL,                                -- in the packet
    fault      TEXT,
    content    BLOB    NOT NULL,
    PRIMARY KEY (submission, place)
) STRICT;

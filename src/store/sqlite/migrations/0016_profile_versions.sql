-- The texts of profiles and of the files that they share, as the gateway has loaded them. `who` is
-- the user of the console who saved it; NULL: somebody edited the file.
CREATE TABLE profile_versions (
    id      INTEGER PRIMARY KEY,
    file    TEXT NOT NULL,
    number  INTEGER NOT NULL,
    hash    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    who     TEXT,
    note    TEXT NOT NULL,
    is_good INTEGER NOT NULL,
    text    TEXT NOT NULL,
    UNIQUE (file, number)
) STRICT;
CREATE INDEX profile_versions_by_hash ON profile_versions (file, hash);

-- Which version of its file an edition has. An edition also depends on the defaults, so a version
-- may have several.
CREATE TABLE profile_editions (
    file    TEXT NOT NULL,
    edition TEXT NOT NULL,
    number  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (file, edition)
) STRICT, WITHOUT ROWID;

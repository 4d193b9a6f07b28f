-- Tokens of the API. Only their hashes are kept: nobody can read a token from the file.
CREATE TABLE tokens (
    hash       BLOB PRIMARY KEY CHECK (length(hash) = 32),
    name       TEXT NOT NULL UNIQUE,
    scopes     TEXT NOT NULL,                                   -- words with blanks between
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID;

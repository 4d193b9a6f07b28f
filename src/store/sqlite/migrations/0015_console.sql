-- People of the console. Passwords are hashes of argon2, sessions are hashes of their cookies.
CREATE TABLE console_users (
    name       TEXT PRIMARY KEY,
    role       TEXT NOT NULL,
    password   TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `role` counts for sessions of people who are not in console_users: those of a sign-in link.
CREATE TABLE console_sessions (
    hash       BLOB PRIMARY KEY CHECK (length(hash) = 32),
    user       TEXT NOT NULL,
    role       TEXT NOT NULL,
    is_of_user INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX console_sessions_by_user ON console_sessions (user);

-- Every change that people made in the console or with tokens; no personal data.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    action  TEXT NOT NULL,
    about   TEXT NOT NULL,
    details TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_about ON audit (about, id);

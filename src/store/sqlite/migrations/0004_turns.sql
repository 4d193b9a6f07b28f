-- Employees who take turns: how many turns each rota has given out, and which turn a submission has. A
-- submission keeps its turn, however often it is tried or replayed.

CREATE TABLE rotas (
    rota  TEXT    PRIMARY KEY,
    given INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE turns (
    submission INTEGER NOT NULL REFERENCES submissions (seq) ON DELETE CASCADE,
    rota       TEXT    NOT NULL,
    turn       INTEGER NOT NULL,
    PRIMARY KEY (submission, rota)
) STRICT, WITHOUT ROWID;

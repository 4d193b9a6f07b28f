-- Each index costs every new submission a row and, with its page, a part of each flush. Lists by time
-- merge those of each state (submissions_by_state).
DROP INDEX submissions_by_time;

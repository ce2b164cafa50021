-- What the pages of whoever runs the desk need. The same as in migrations/postgres; a test compares them.

-- When the phones of the desk were down. ended_at is 0 while they are.
CREATE TABLE outage (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  began_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  why TEXT NOT NULL,
  begun_by TEXT NOT NULL,
  ended_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX outage_open ON outage (ended_at) WHERE ended_at = 0;

-- The audit log is looked up by ticket, by person and by time.
CREATE INDEX audit_of_ticket ON audit (ticket, id);
CREATE INDEX audit_of_actor ON audit (actor, id);
CREATE INDEX audit_of_event ON audit (event, id);
CREATE INDEX audit_time ON audit (written_at, id);

-- What people do to tickets. The same as in migrations/postgres; a test compares them.

-- Rises with every change that people see: state, trail, mails, notes, who has it. Not with a lease.
ALTER TABLE ticket ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
-- The username that a person of the desk named, because the mails do not; '' for none.
ALTER TABLE ticket ADD COLUMN named TEXT NOT NULL DEFAULT '';
-- Freezes of its account up to then do not count for it; 0 when all do.
ALTER TABLE ticket ADD COLUMN freeze_lifted_at INTEGER NOT NULL DEFAULT 0;
-- The ticket with which a person put it together, which goes on; 0 for none.
ALTER TABLE ticket ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
CREATE INDEX ticket_kept ON ticket (kept) WHERE kept > 0;

-- When the owner of an account that was frozen already said so again; 0 for never.
ALTER TABLE frozen ADD COLUMN again_at INTEGER NOT NULL DEFAULT 0;

-- The ticket's version after what a row tells: whoever saw an older one is told what came since.
ALTER TABLE audit ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX audit_ticket ON audit (ticket, id);

-- status is 'waiting' until it is carried out, 'colleague' while an override waits for one; then 'done', 'undone',
-- 'refused', 'declined' or 'lapsed'. act_key is the form's, so that a form posted twice is one act. what is JSON. seen_*
-- is what its person saw: the ticket's version and state, and the newest mail. colleague is '' for none.
CREATE TABLE act (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ticket INTEGER NOT NULL REFERENCES ticket (id),
  act_key TEXT NOT NULL,
  what TEXT NOT NULL,
  by_name TEXT NOT NULL,
  by_shown TEXT NOT NULL,
  colleague TEXT NOT NULL,
  colleague_shown TEXT NOT NULL,
  seen_version INTEGER NOT NULL,
  seen_state TEXT NOT NULL,
  seen_mail INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  why TEXT NOT NULL,
  ended_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX act_act_key ON act (act_key);
CREATE INDEX act_ticket ON act (ticket, id);
CREATE INDEX act_due ON act (due_at, id) WHERE ended_at = 0;
CREATE UNIQUE INDEX act_waiting ON act (ticket) WHERE status = 'waiting';

-- A word to colleagues.
CREATE TABLE note (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ticket INTEGER NOT NULL REFERENCES ticket (id),
  by_name TEXT NOT NULL,
  by_shown TEXT NOT NULL,
  words TEXT NOT NULL,
  written_at INTEGER NOT NULL
) STRICT;
CREATE INDEX note_ticket ON note (ticket, id);

-- What somebody has begun to write, one text a person and ticket.
CREATE TABLE draft (
  ticket INTEGER NOT NULL REFERENCES ticket (id),
  by_name TEXT NOT NULL,
  words TEXT NOT NULL,
  saved_at INTEGER NOT NULL,
  PRIMARY KEY (ticket, by_name)
) STRICT;

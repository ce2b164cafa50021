-- Links between tickets, and floods. The same as in migrations/sqlite; a test compares them.

-- The number of the ticket that the first mail names without belonging to it, and how: 'tag', 'our-mail',
-- 'own-mail', 'their-mail'.
ALTER TABLE ticket ADD COLUMN linked_to TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN linked_by TEXT NOT NULL DEFAULT '';

-- 'person', 'machine', or '' for what could not be read. Mails that are there already count as people's.
ALTER TABLE mail ADD COLUMN writer TEXT NOT NULL DEFAULT 'person';
CREATE INDEX mail_sender ON mail (sender, trust, writer, received_at) WHERE duplicate_of = 0;

-- The newest flood of an address: its ticket, and when its newest mail came.
CREATE TABLE flood (
  sender TEXT NOT NULL,
  trust TEXT NOT NULL,
  writer TEXT NOT NULL,
  observed BIGINT NOT NULL,
  ticket BIGINT NOT NULL REFERENCES ticket (id),
  newest BIGINT NOT NULL,
  PRIMARY KEY (sender, trust, writer, observed)
);

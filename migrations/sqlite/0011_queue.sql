-- What the technicians' queue shows, and how it is found. The same as in migrations/postgres; a test compares them.

-- Since when somebody waits: since the first mail, or what brought back a ticket that was over.
ALTER TABLE ticket ADD COLUMN waits_since INTEGER NOT NULL DEFAULT 0;
UPDATE ticket SET waits_since = received_at;
-- 1 when one of the desk's people has acted on it.
ALTER TABLE ticket ADD COLUMN handled INTEGER NOT NULL DEFAULT 0;
UPDATE ticket SET handled = 1 WHERE id IN (SELECT ticket FROM audit WHERE actor LIKE 'cli:%');
-- The place of its reason among the groups of the queue, as `Reason::ALL` has them.
ALTER TABLE ticket ADD COLUMN place INTEGER NOT NULL GENERATED ALWAYS AS (CASE reason
  WHEN 'phone-mismatch' THEN 0 WHEN 'no-phone' THEN 1 WHEN 'phone-takes-no-sms' THEN 2 WHEN 'phone-too-new' THEN 3
  WHEN 'account-unknown' THEN 4 WHEN 'account-ambiguous' THEN 5 WHEN 'account-disabled' THEN 6
  WHEN 'account-protected' THEN 7 WHEN 'sender-unverified' THEN 8 WHEN 'fields-missing' THEN 9
  WHEN 'fields-ambiguous' THEN 10 WHEN 'no-manager' THEN 11 WHEN 'limit-account' THEN 12 WHEN 'limit-sender' THEN 13
  WHEN 'limit-desk' THEN 14 WHEN 'mail-too-old' THEN 15 WHEN 'account-frozen' THEN 16 WHEN 'phone-foreign' THEN 17
  WHEN 'directory-failed' THEN 18 WHEN 'reset-refused' THEN 19 WHEN 'reset-uncertain' THEN 20
  WHEN 'delivery-failed' THEN 21 WHEN 'pickup-expired' THEN 22 WHEN 'manager-declined' THEN 23
  WHEN 'handover-unconfirmed' THEN 24 WHEN 'password-unused' THEN 25 WHEN 'store-restored' THEN 26
  WHEN 'automation-off' THEN 27 WHEN 'other-subject' THEN 28 ELSE 99 END) VIRTUAL;
-- 0 for what goes before others.
ALTER TABLE ticket ADD COLUMN calm INTEGER NOT NULL GENERATED ALWAYS AS (1 - urgent) VIRTUAL;
-- The account's name without a domain, as people look for it.
ALTER TABLE ticket ADD COLUMN login TEXT NOT NULL
  GENERATED ALWAYS AS (lower(substr(username, 1, instr(username || '@', '@') - 1))) VIRTUAL;

-- Lists walk only their own tickets, in their own order. Whoever planned with all tickets of a standing would sort them.
DROP INDEX ticket_standing;
CREATE INDEX ticket_queue ON ticket (place, calm, waits_since, id) WHERE standing = 'open';
CREATE INDEX ticket_queue_of ON ticket (assignee, place, calm, waits_since, id) WHERE standing = 'open';
CREATE INDEX ticket_oldest ON ticket (calm, waits_since, id) WHERE standing = 'open';
CREATE INDEX ticket_oldest_of ON ticket (assignee, calm, waits_since, id) WHERE standing = 'open';
CREATE INDEX ticket_sender ON ticket (sender, place, calm, waits_since, id) WHERE standing = 'open';
CREATE INDEX ticket_opened ON ticket (settled_at, id) WHERE standing = 'open';
CREATE INDEX ticket_pending ON ticket (waits_since, id) WHERE standing = 'pending';
CREATE INDEX ticket_done ON ticket (settled_at, id) WHERE handled = 0 AND standing IN ('resolved', 'closed');
CREATE INDEX ticket_login ON ticket (login, id) WHERE login <> '';
CREATE INDEX mail_received ON mail (received_at) WHERE duplicate_of = 0;

-- What a list shows of a ticket's mails, written with each of them: how many, and of the newest its writer's name, the
-- beginning of its text, whether any has an attachment, and what its text is like (0 is unknown). Of mails that are
-- there already only their number is known.
CREATE TABLE excerpt (
  ticket INTEGER NOT NULL PRIMARY KEY REFERENCES ticket (id),
  mails INTEGER NOT NULL,
  name TEXT NOT NULL,
  snippet TEXT NOT NULL,
  attached INTEGER NOT NULL,
  alike INTEGER NOT NULL
) STRICT;
INSERT INTO excerpt (ticket, mails, name, snippet, attached, alike)
  SELECT t.id, (SELECT COUNT(*) FROM mail m WHERE m.ticket = t.id AND m.duplicate_of = 0), '', '', 0, 0 FROM ticket t;

-- The words of a mail, under its id. The program cuts and folds words, so the tokenizer takes them as they are. Mails
-- that are there already are found by subject and address.
CREATE VIRTUAL TABLE search USING fts5 (words, content = '', contentless_delete = 1, detail = 'none', prefix = '2 3 4 5',
  tokenize = 'ascii');
INSERT INTO search (rowid, words)
  SELECT id, replace(replace(replace(lower(subject || ' ' || sender), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö') FROM mail
  WHERE duplicate_of = 0;

-- The first tables. The same as in migrations/postgres; a test compares them.
--
-- Times are Unix milliseconds; yes and no are 1 and 0; small structures are JSON. No column is ever
-- NULL: '' is no text, 0 is no time and no row, and 9223372036854775807 is "never due". An applied
-- migration is never edited.

-- Turns of those who must come one after the other. On PostgreSQL its rows are locked.
CREATE TABLE turn (
  name TEXT NOT NULL PRIMARY KEY,
  taken INTEGER NOT NULL
) STRICT;
INSERT INTO turn (name, taken) VALUES ('intake', 0), ('probe', 0);

-- What lay in a mailbox at its first connection.
CREATE TABLE mailbox_mark (
  mailbox TEXT NOT NULL PRIMARY KEY,
  mark TEXT NOT NULL,
  made_at INTEGER NOT NULL
) STRICT;

-- The last number given in a year (two digits).
CREATE TABLE counter (
  year INTEGER NOT NULL PRIMARY KEY,
  last INTEGER NOT NULL
) STRICT;

-- lease_owner is '' when nobody has it. lease_until is 0 when the last lease was given back, else its
-- end by the database's clock. woken: something happened to it while it was leased. replied: a reply
-- came while the machine was at work, and nobody has read it yet.
CREATE TABLE ticket (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  year INTEGER NOT NULL,
  running INTEGER NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  standing TEXT NOT NULL,
  live INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  account TEXT NOT NULL,
  username TEXT NOT NULL,
  mailbox TEXT NOT NULL,
  message_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  sender TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  settled_at INTEGER NOT NULL,
  assignee TEXT NOT NULL,
  merged_into TEXT NOT NULL,
  observed INTEGER NOT NULL,
  asked INTEGER NOT NULL,
  phone_hash TEXT NOT NULL,
  pickup_hash TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  woken INTEGER NOT NULL,
  replied INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  trail TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX ticket_number ON ticket (year, running);
CREATE UNIQUE INDEX ticket_live_account ON ticket (account) WHERE live = 1 AND account <> '';
CREATE UNIQUE INDEX ticket_pickup ON ticket (pickup_hash) WHERE pickup_hash <> '';
CREATE INDEX ticket_due ON ticket (due_at, id) WHERE due_at < 9223372036854775807;
CREATE INDEX ticket_leased ON ticket (lease_until) WHERE lease_owner <> '';
CREATE INDEX ticket_standing ON ticket (standing);

-- A mail that is kept. duplicate_of is the mail with the same content that came before it.
CREATE TABLE mail (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ticket INTEGER NOT NULL REFERENCES ticket (id),
  duplicate_of INTEGER NOT NULL,
  mailbox TEXT NOT NULL,
  validity INTEGER NOT NULL,
  uid TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  kept_at INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  message_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  sender TEXT NOT NULL,
  trust TEXT NOT NULL,
  raw BLOB NOT NULL
) STRICT;
CREATE INDEX mail_place ON mail (mailbox, validity, uid);
CREATE UNIQUE INDEX mail_content ON mail (content_hash) WHERE duplicate_of = 0;
CREATE INDEX mail_message ON mail (message_id) WHERE message_id <> '';
CREATE INDEX mail_ticket ON mail (ticket, received_at, id);

-- What is known of a mailbox's mails. mail is 0 until it is kept; folder is '' for the inbox.
CREATE TABLE ledger (
  mailbox TEXT NOT NULL,
  validity INTEGER NOT NULL,
  uid TEXT NOT NULL,
  tries INTEGER NOT NULL,
  mail INTEGER NOT NULL,
  folder TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  moved_at INTEGER NOT NULL,
  PRIMARY KEY (mailbox, validity, uid)
) STRICT;
CREATE INDEX ledger_inbox ON ledger (mailbox, validity, uid) WHERE moved_at = 0;

-- A sealed password: ciphertext whose key lies outside the database. One a ticket.
CREATE TABLE sealed (
  ticket INTEGER NOT NULL PRIMARY KEY REFERENCES ticket (id),
  key_id TEXT NOT NULL,
  nonce TEXT NOT NULL,
  ciphertext TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sealed_expiry ON sealed (expires_at);

-- Outside calls. outcome is '' while the answer is not known; detail is its cause or reference.
CREATE TABLE intent (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  intent_key TEXT NOT NULL,
  ticket INTEGER NOT NULL REFERENCES ticket (id),
  kind TEXT NOT NULL,
  generation INTEGER NOT NULL,
  gateway TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  detail TEXT NOT NULL,
  ended_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX intent_intent_key ON intent (intent_key);
CREATE INDEX intent_ticket ON intent (ticket, id);
CREATE INDEX intent_reference ON intent (gateway, detail) WHERE outcome = 'accepted';
CREATE INDEX intent_kind ON intent (kind, begun_at);

-- What gateways told of texts; intent_key is '' when only the gateway's own reference is known.
CREATE TABLE receipt (
  gateway TEXT NOT NULL,
  intent_key TEXT NOT NULL,
  reference TEXT NOT NULL,
  receipt TEXT NOT NULL,
  came_at INTEGER NOT NULL,
  PRIMARY KEY (gateway, intent_key, reference)
) STRICT;
CREATE INDEX receipt_intent ON receipt (intent_key) WHERE intent_key <> '';

-- Words that leave beside passwords. channel is 'mail' or 'phone'; due_at and lease as above.
CREATE TABLE message (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ticket INTEGER NOT NULL REFERENCES ticket (id),
  kind TEXT NOT NULL,
  channel TEXT NOT NULL,
  addressee TEXT NOT NULL,
  words TEXT NOT NULL,
  message_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  unclear INTEGER NOT NULL,
  begun_at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  detail TEXT NOT NULL,
  ended_at INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX message_message_id ON message (message_id);
CREATE INDEX message_due ON message (due_at, id) WHERE due_at < 9223372036854775807;
CREATE INDEX message_leased ON message (lease_until) WHERE lease_owner <> '';
CREATE INDEX message_addressee ON message (addressee, kind, created_at);
CREATE INDEX message_texts ON message (begun_at) WHERE channel = 'phone';

-- What counts towards limits.
CREATE TABLE started (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ticket INTEGER NOT NULL REFERENCES ticket (id),
  account TEXT NOT NULL,
  sender TEXT NOT NULL,
  phone_hash TEXT NOT NULL,
  unit TEXT NOT NULL,
  counts INTEGER NOT NULL,
  mismatch INTEGER NOT NULL,
  begun_at INTEGER NOT NULL
) STRICT;
CREATE INDEX started_account ON started (account, begun_at);
CREATE INDEX started_sender ON started (sender, begun_at);
CREATE INDEX started_phone ON started (phone_hash, begun_at);
CREATE INDEX started_unit ON started (unit, begun_at);
CREATE INDEX started_time ON started (begun_at);

-- The automation switch as it was last turned: one row, id 1. until is 0 for no end.
CREATE TABLE automation (
  id INTEGER NOT NULL PRIMARY KEY,
  automation TEXT NOT NULL,
  why TEXT NOT NULL,
  turned_by TEXT NOT NULL,
  turned_at INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT;

-- The audit log. place is 0 until the row is chained.
CREATE TABLE audit (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  ticket INTEGER NOT NULL,
  actor TEXT NOT NULL,
  event TEXT NOT NULL,
  data TEXT NOT NULL,
  written_at INTEGER NOT NULL,
  place INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX audit_place ON audit (place) WHERE place > 0;
CREATE INDEX audit_waiting ON audit (id) WHERE place = 0;

-- The end of the audit chain: one row, id 1, signed, so that a cut tail is noticed.
CREATE TABLE audit_head (
  id INTEGER NOT NULL PRIMARY KEY,
  place INTEGER NOT NULL,
  hash TEXT NOT NULL,
  key_id TEXT NOT NULL,
  signature TEXT NOT NULL
) STRICT;
INSERT INTO audit_head (id, place, hash, key_id, signature) VALUES (1, 0, '', '', '');

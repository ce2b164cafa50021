-- Limits that are exact, accounts that were frozen, and tickets that go before others. The same as in
-- migrations/postgres; a test compares them.

-- Who begins a delivery, or a text, is alone with those who do while it is counted.
INSERT INTO turn (name, taken) VALUES ('limits', 0);

-- The newest ticket of a mail that the store had forgotten: what comes after it tells of a restore.
INSERT INTO turn (name, taken)
  SELECT 'restored', coalesce(max(id), 0) FROM ticket WHERE reason = 'store-restored';

-- As of when a text counts towards those of a day: when it was begun, but never later than now, when the clock
-- was set back since. 0 is not at all.
ALTER TABLE intent ADD COLUMN counted_at INTEGER NOT NULL DEFAULT 0;
UPDATE intent SET counted_at = begun_at;
DROP INDEX intent_kind;
CREATE INDEX intent_texts ON intent (kind, counted_at);
ALTER TABLE message ADD COLUMN counted_at INTEGER NOT NULL DEFAULT 0;
UPDATE message SET counted_at = begun_at WHERE channel = 'phone';
DROP INDEX message_texts;
CREATE INDEX message_texts ON message (counted_at) WHERE channel = 'phone';
CREATE INDEX started_ticket ON started (ticket);

-- 1 for what a technician looks at first: an owner says that it was not them.
ALTER TABLE ticket ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;

-- Accounts for which nothing is automated until a person lifts it. frozen_by is who, as in the audit log.
CREATE TABLE frozen (
  account TEXT NOT NULL PRIMARY KEY,
  username TEXT NOT NULL,
  ticket INTEGER NOT NULL REFERENCES ticket (id),
  why TEXT NOT NULL,
  frozen_by TEXT NOT NULL,
  frozen_at INTEGER NOT NULL
) STRICT;

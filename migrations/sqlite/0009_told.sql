-- What became of messages that left by text. The same as in migrations/postgres; a test compares them.

-- The gateway that took the last try, or may have, and the key under which it got it; '' for none. Its own name for
-- the text is the message's detail.
ALTER TABLE message ADD COLUMN gateway TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN sent_key TEXT NOT NULL DEFAULT '';
-- Gateways that told that it did not arrive, as a JSON list: it does not go through them again.
ALTER TABLE message ADD COLUMN failed_by TEXT NOT NULL DEFAULT '[]';
CREATE INDEX message_sent ON message (gateway, detail) WHERE gateway <> '';
CREATE INDEX message_ticket ON message (ticket, kind);

-- 1 while the next text of what is under way has not left: so many texts of the day are kept for it.
ALTER TABLE ticket ADD COLUMN owes_text INTEGER NOT NULL DEFAULT 0;
UPDATE ticket SET owes_text = 1 WHERE live = 1 AND NOT EXISTS
  (SELECT 1 FROM intent i WHERE i.ticket = ticket.id AND i.kind IN ('text', 'link'));

-- The keyed hash of the phone to which a link goes; '' for none.
ALTER TABLE started ADD COLUMN texted_hash TEXT NOT NULL DEFAULT '';
CREATE INDEX started_texted ON started (texted_hash, begun_at) WHERE texted_hash <> '';

-- How often we write to an address, and what became of our mails on their way.

-- correspondent is the addressee without a tag (`anna+x@` is `anna@`), '' for a text. acted: since it
-- was written, a person has acted on a ticket of that correspondent. returned is '', 'delayed' or
-- 'failed', as a delivery report told, returned_status its code.
ALTER TABLE message ADD COLUMN correspondent TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN acted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN returned TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN returned_status TEXT NOT NULL DEFAULT '';
UPDATE message SET correspondent = addressee WHERE channel = 'mail';
DROP INDEX message_addressee;
CREATE INDEX message_correspondent ON message (correspondent, kind, created_at);

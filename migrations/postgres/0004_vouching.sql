-- What this desk found of a mail's DKIM signatures when it came, as JSON; empty when nobody looked. Kept,
-- because a mail is read more than once, and keys are taken out of the DNS in time.
ALTER TABLE mail ADD COLUMN signatures TEXT NOT NULL DEFAULT '';

-- What two people have set aside, and who is one person. The same as in migrations/postgres; a test compares them.

-- The reasons whose checks overrides have set aside, since the ticket's newest mail came: 'limit-account,mail-too-old'.
ALTER TABLE ticket ADD COLUMN set_aside TEXT NOT NULL DEFAULT '';
-- What its owner says of an account counts for every ticket of it for which people had set that aside.
CREATE INDEX ticket_lifted ON ticket (account) WHERE freeze_lifted_at > 0;

-- Which person has the account, in an administrator's own word: accounts with the same word are one person's, those with
-- other words are not. '' when nobody has said so.
ALTER TABLE staff ADD COLUMN person TEXT NOT NULL DEFAULT '';

-- Whoever is locked out by us stands open, whoever has written to them.
UPDATE ticket SET standing = 'open' WHERE standing = 'pending' AND state LIKE '{"state":"waiting",%'
     AND (state LIKE '%"password":"changed"%' OR state LIKE '%"password":"may-have-changed"%');
UPDATE ticket SET standing = 'open' WHERE standing = 'pending' AND state LIKE '{"state":"offered",%'
     AND state LIKE '%"before":"may-have-changed"%';

-- Floods count a person and not their tags.

-- As whose a mail counts: its sender without a tag, its mailbox when it could not be read, '' when no
-- single person wrote it. '' too in mails from before: a flood looks back for an hour only.
ALTER TABLE mail ADD COLUMN correspondent TEXT NOT NULL DEFAULT '';
DROP INDEX mail_sender;
CREATE INDEX mail_correspondent ON mail (correspondent, trust, writer, received_at)
  WHERE duplicate_of = 0 AND correspondent <> '';

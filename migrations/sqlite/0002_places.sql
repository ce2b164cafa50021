-- Where kept mails lie once they have left the inbox. The same as in migrations/postgres.

-- What lay in a folder for filed mails when the mailbox was connected for the first time.
CREATE TABLE folder_mark (
  mailbox TEXT NOT NULL,
  folder TEXT NOT NULL,
  mark TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  PRIMARY KEY (mailbox, folder)
) STRICT;

-- The mails in those folders. mail is 0 until it is known which kept mail it is; tries as in ledger.
CREATE TABLE place (
  mailbox TEXT NOT NULL,
  folder TEXT NOT NULL,
  validity INTEGER NOT NULL,
  uid TEXT NOT NULL,
  tries INTEGER NOT NULL,
  mail INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (mailbox, folder, validity, uid)
) STRICT;
CREATE INDEX place_mail ON place (mail) WHERE mail > 0;

CREATE INDEX mail_copies ON mail (duplicate_of) WHERE duplicate_of > 0;
CREATE INDEX ticket_unread ON ticket (mailbox) WHERE kind = 'quarantine';
CREATE INDEX ledger_gone ON ledger (mailbox) WHERE mail = 0 AND moved_at > 0;

-- Where kept mails lie once they have left the inbox. The same as in migrations/sqlite.

-- What lay in a folder for filed mails when the mailbox was connected for the first time.
CREATE TABLE folder_mark (
  mailbox TEXT NOT NULL,
  folder TEXT NOT NULL,
  mark TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (mailbox, folder)
);

-- The mails in those folders. mail is 0 until it is known which kept mail it is; tries as in ledger.
CREATE TABLE place (
  mailbox TEXT NOT NULL,
  folder TEXT NOT NULL,
  validity BIGINT NOT NULL,
  uid TEXT NOT NULL,
  tries BIGINT NOT NULL,
  mail BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (mailbox, folder, validity, uid)
);
CREATE INDEX place_mail ON place (mail) WHERE mail > 0;

CREATE INDEX mail_copies ON mail (duplicate_of) WHERE duplicate_of > 0;
CREATE INDEX ticket_unread ON ticket (mailbox) WHERE kind = 'quarantine';
CREATE INDEX ledger_gone ON ledger (mailbox) WHERE mail = 0 AND moved_at > 0;

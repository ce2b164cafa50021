-- Who works at the desk, and their sessions. The same as in migrations/postgres; a test compares them.

-- provider is the identity provider's own name for somebody (the claim `sub`), '' for an account of the pages' own;
-- password is '' for whoever signs in there. The secret of one-time codes is derived
-- from the sealing key totp_key and from totp_nonce; both are '' without such codes. totp_step is the last step
-- of which a code was used. language and theme are '' for the browser's own.
CREATE TABLE staff (
  name TEXT NOT NULL PRIMARY KEY,
  shown TEXT NOT NULL,
  role TEXT NOT NULL,
  provider TEXT NOT NULL,
  password TEXT NOT NULL,
  totp_key TEXT NOT NULL,
  totp_nonce TEXT NOT NULL,
  totp_step INTEGER NOT NULL,
  disabled INTEGER NOT NULL,
  language TEXT NOT NULL,
  theme TEXT NOT NULL,
  shortcuts INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  signed_in_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX staff_provider ON staff (provider) WHERE provider <> '';

-- hash is SHA-256 of the browser's cookie, which is random. role is the one that was held at the sign-in.
CREATE TABLE session (
  hash TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL REFERENCES staff (name),
  role TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_name ON session (name);
CREATE INDEX session_ends ON session (ends_at);

-- Tries to sign in that did not succeed. subject is a hash of whose name and from where: what somebody writes as a
-- name may be a password.
CREATE TABLE sign_in_try (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL,
  tried_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_try_subject ON sign_in_try (subject, tried_at);
CREATE INDEX sign_in_try_time ON sign_in_try (tried_at);

-- Who tries to sign in is counted alone.
INSERT INTO turn (name, taken) VALUES ('sign-in', 0);

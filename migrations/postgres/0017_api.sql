-- What programs outside need: tokens, requests that are repeated, webhooks. The same as in migrations/sqlite; a test
-- compares them.

-- hash is the SHA-256 of the token, which nobody keeps. scopes are words between blanks. A name is never used again.
-- expires_at, revoked_at and used_at are 0 for never.
CREATE TABLE token (
  name TEXT NOT NULL PRIMARY KEY,
  hash TEXT NOT NULL,
  scopes TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX token_hash ON token (hash);

-- A request with an Idempotency-Key. fingerprint tells what was asked under a key outside the store. status is 0 until it is answered.
CREATE TABLE api_request (
  token TEXT NOT NULL,
  request_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  status BIGINT NOT NULL,
  location TEXT NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (token, request_key)
);
CREATE INDEX api_request_begun ON api_request (begun_at);

-- A webhook, by the hash of its name, or of its address. place is that of the last row of the audit chain that it was told of.
-- named_at is when a configuration named it last. failed_days are the days of failures since failing_since, failed_at is
-- when the last of them began. failing_since, failed_at, disabled_at and answered_at are 0 for never.
CREATE TABLE webhook (
  hook TEXT NOT NULL PRIMARY KEY,
  place BIGINT NOT NULL,
  named_at BIGINT NOT NULL,
  failing_since BIGINT NOT NULL,
  failed_at BIGINT NOT NULL,
  failed_days BIGINT NOT NULL,
  disabled_at BIGINT NOT NULL,
  answered_at BIGINT NOT NULL,
  said TEXT NOT NULL
);

-- What a webhook is still to be told. message is its webhook-id, the same in every try.
CREATE TABLE webhook_message (
  message TEXT NOT NULL PRIMARY KEY,
  hook TEXT NOT NULL REFERENCES webhook (hook),
  body TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL
);
CREATE INDEX webhook_message_due ON webhook_message (hook, due_at);

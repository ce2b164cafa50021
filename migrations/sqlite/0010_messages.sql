-- What has left of a ticket's words. The same as in migrations/postgres; a test compares them.

CREATE INDEX message_ticket ON message (ticket, kind);

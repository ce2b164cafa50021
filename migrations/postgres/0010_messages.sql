-- What has left of a ticket's words.

CREATE INDEX message_ticket ON message (ticket, kind);

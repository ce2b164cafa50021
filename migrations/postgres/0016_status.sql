-- What the status page is counted from, and freezes that two people lift. The same as in migrations/sqlite; a test compares them.

-- Tickets of today that a person of the desk has acted on, as ticket_done holds all others.
CREATE INDEX ticket_done_by_people ON ticket (settled_at, id)
  WHERE handled = 1 AND standing IN ('resolved', 'closed');
-- The same as audit_ticket.
DROP INDEX audit_of_ticket;

-- Somebody wants to lift a freeze and waits for a colleague, for some minutes. whom is the account's username, or its
-- identifier.
CREATE TABLE unfreezing (
  whom TEXT NOT NULL PRIMARY KEY,
  by_name TEXT NOT NULL,
  why TEXT NOT NULL,
  asked_at BIGINT NOT NULL
);

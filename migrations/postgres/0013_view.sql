-- What a ticket's page asks for. The same as in migrations/sqlite; a test compares them.

-- The tickets that were merged into it, and those that name it.
CREATE INDEX ticket_merged ON ticket (merged_into) WHERE merged_into <> '';
CREATE INDEX ticket_linked ON ticket (linked_to) WHERE linked_to <> '';

-- Who has used a link. The same as in migrations/postgres; a test compares them.

-- The keyed hash of the browser that has used or answered the ticket's link; '' for none. To every other
-- one a link that is over looks like one that never was.
ALTER TABLE ticket ADD COLUMN pickup_browser TEXT NOT NULL DEFAULT '';

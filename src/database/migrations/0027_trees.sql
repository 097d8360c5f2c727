-- Outputs of many objects --------------------------------------------------------------------------------------------
-- A tree is one row: its key is a prefix that ends with a slash, its hash is that of the manifest, which is stored below
-- the prefix and lists the files. A row for each file would make a ladder of two hours 3,000 rows.

ALTER TABLE objects
  ADD COLUMN files      integer,                                         -- of a tree: their number, 0 until they are stored
  ADD COLUMN archive_of uuid,                                            -- of a zip: the tree that it contains
  -- Not checked for existing rows, none of which is a tree: the table can be large.
  ADD CONSTRAINT objects_tree CHECK ((files IS NOT NULL) = (right(key, 1) = '/')) NOT VALID;

-- A tree has one zip at a time.
CREATE UNIQUE INDEX objects_archive ON objects (archive_of) WHERE archive_of IS NOT NULL AND state IN ('pending', 'live');

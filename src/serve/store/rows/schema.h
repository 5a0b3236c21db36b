// The store's tables: a step of SQL for each version; steps are added, never changed.
//
// A conversation, item or file belongs to its owner's account (usage), which triggers keep in the
// same transaction. It counts as the pages of 4 KiB that it may fill: its bytes, what SQLite adds
// to them, and 640 for its row and index entries, rounded up.
#pragma once

namespace tutti {

// clang-format off
#define TUTTI_PAGES(bytes) "((" bytes " + (" bytes ") / 256 + 4735) / 4096 * 4096)"
#define TUTTI_BYTES(text) "length(CAST(" text " AS BLOB))"
#define TUTTI_OF_CONVERSATION(row) "(" row ".bytes + " TUTTI_PAGES(TUTTI_BYTES(row ".metadata")) ")"

inline constexpr const char* kSchema[] = {
R"(
CREATE TABLE conversation (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL, id TEXT NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, metadata TEXT NOT NULL,
  UNIQUE (owner, id)) STRICT;
CREATE TABLE item (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
  id TEXT NOT NULL, json TEXT NOT NULL,
  UNIQUE (conversation, id)) STRICT;
CREATE TABLE file (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL, id TEXT NOT NULL,
  name TEXT NOT NULL, type TEXT NOT NULL, purpose TEXT NOT NULL,
  created INTEGER NOT NULL, size INTEGER NOT NULL, bytes BLOB NOT NULL,
  UNIQUE (owner, id)) STRICT;
CREATE TABLE shown (
  item INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
  file INTEGER NOT NULL REFERENCES file ON DELETE CASCADE,
  PRIMARY KEY (item, file)) STRICT, WITHOUT ROWID;
CREATE INDEX shown_by_file ON shown (file);
CREATE TRIGGER shown_no_more AFTER DELETE ON shown BEGIN
  DELETE FROM file WHERE number = OLD.file
    AND NOT EXISTS (SELECT 1 FROM shown WHERE file = OLD.file);
END;)",

R"(
ALTER TABLE conversation ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0; -- of its items
ALTER TABLE item ADD COLUMN bytes INTEGER AS )" TUTTI_PAGES(TUTTI_BYTES("json")) R"( VIRTUAL;
ALTER TABLE file ADD COLUMN pages INTEGER AS )"
  TUTTI_PAGES("(size + " TUTTI_BYTES("name") ")") R"( VIRTUAL;
UPDATE conversation SET bytes = (SELECT coalesce(sum(item.bytes), 0) FROM item
  WHERE item.conversation = conversation.number);
CREATE TABLE usage (
  owner TEXT NOT NULL PRIMARY KEY,
  conversations INTEGER NOT NULL, files INTEGER NOT NULL, bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
INSERT INTO usage SELECT owner, sum(conversations), sum(files), sum(bytes) FROM (
  SELECT owner, 1 AS conversations, 0 AS files, )" TUTTI_OF_CONVERSATION("conversation") R"( AS bytes
    FROM conversation UNION ALL
  SELECT owner, 0, 1, pages FROM file) GROUP BY owner;

CREATE TRIGGER item_comes AFTER INSERT ON item BEGIN
  UPDATE conversation SET bytes = bytes + NEW.bytes WHERE number = NEW.conversation; END;
CREATE TRIGGER item_changes AFTER UPDATE OF json ON item BEGIN
  UPDATE conversation SET bytes = bytes + NEW.bytes - OLD.bytes WHERE number = NEW.conversation;
END;
CREATE TRIGGER item_goes AFTER DELETE ON item BEGIN
  UPDATE conversation SET bytes = bytes - OLD.bytes WHERE number = OLD.conversation; END;

CREATE TRIGGER conversation_comes AFTER INSERT ON conversation BEGIN
  INSERT INTO usage VALUES (NEW.owner, 1, 0, )" TUTTI_OF_CONVERSATION("NEW") R"()
    ON CONFLICT DO UPDATE SET conversations = conversations + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER conversation_changes AFTER UPDATE OF owner, metadata, bytes ON conversation BEGIN
  UPDATE usage SET conversations = conversations - 1,
    bytes = bytes - )" TUTTI_OF_CONVERSATION("OLD") R"( WHERE owner = OLD.owner;
  INSERT INTO usage VALUES (NEW.owner, 1, 0, )" TUTTI_OF_CONVERSATION("NEW") R"()
    ON CONFLICT DO UPDATE SET conversations = conversations + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER conversation_goes AFTER DELETE ON conversation BEGIN
  UPDATE usage SET conversations = conversations - 1,
    bytes = bytes - )" TUTTI_OF_CONVERSATION("OLD") R"( WHERE owner = OLD.owner; END;

CREATE TRIGGER file_comes AFTER INSERT ON file BEGIN
  INSERT INTO usage VALUES (NEW.owner, 0, 1, NEW.pages)
    ON CONFLICT DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes; END;
CREATE TRIGGER file_goes AFTER DELETE ON file BEGIN
  UPDATE usage SET files = files - 1, bytes = bytes - OLD.pages WHERE owner = OLD.owner; END;)"};
// clang-format on

#undef TUTTI_PAGES
#undef TUTTI_BYTES
#undef TUTTI_OF_CONVERSATION

}  // namespace tutti

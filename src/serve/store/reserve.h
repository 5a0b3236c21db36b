// Room on the disk that is kept for deleting. A deletion writes before it frees, so on a disk that
// others have filled to the last byte it needs room that nobody else could take.
//
//   Reserve reserve("store.sqlite3-reserve");
//   if (!reserve.make()) return no_space;      // before each write: what would free it again?
//   reserve.give_up();                         // a deletion has found the disk full
//
// Another process with the same store may give it up, so whether it is there is looked up each
// time.
//
// Not thread-safe.
#pragma once

#include <string>

namespace tutti {

class Reserve {
 public:
  explicit Reserve(std::string path) : path_(std::move(path)) {}  // empty: none is needed

  // True where it is there, or could be made. Its blocks are the file system's from then on.
  bool make();
  void give_up();
  bool there() const { return there_; }

 private:
  const std::string path_;
  bool there_ = false;
};

}  // namespace tutti

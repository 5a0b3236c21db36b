// Who a scheduler works for, and how much of its time each has had.
//
// An owner is whoever takes turns with others: the holder of a key, or a connection where there are
// no keys. Turns go to owners first and to their requests second (turns.h), so whoever sends a
// thousand requests delays their own.
#pragma once

#include <map>
#include <string>

namespace tutti {

struct Owner {
  double served = 0;      // seconds of a worker's time; only differences mean anything
  int jobs = 0;           // accepted, not yet ended
  int waiting = 0;        // accepted, not yet started
  int slots = 0;          // cache slots held by started jobs
  int without_slots = 0;  // started jobs that hold none
};

// Not thread-safe.
class Owners {
 public:
  // One more job of that owner's. Who comes new or again begins with the least served of those who
  // are there: being away earns nothing, and debts beyond kMostDebt are forgotten.
  Owner& enter(const std::string& name);
  // One job less. The reference is valid until the owner's last job has left.
  void leave(Owner& owner);
  // Jobs of that owner that have not started.
  int waiting(const std::string& name) const;

  static constexpr double kMostDebt = 5;  // seconds

 private:
  double least_served() const;
  void forget();

  std::map<std::string, Owner> owners_;
  int jobs_ = 0;
};

}  // namespace tutti

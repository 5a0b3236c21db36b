#include "serve/owners.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

TEST(Owners, WhoComesNewBeginsWithTheLeastServed) {
  Owners owners;
  Owner& first = owners.enter("first");
  first.served = 30;
  Owner& second = owners.enter("second");
  EXPECT_EQ(second.served, 30);
  first.served = 90;
  second.served = 40;
  EXPECT_EQ(owners.enter("third").served, 40);
  EXPECT_EQ(&owners.enter("first"), &first);
  EXPECT_EQ(first.served, 90);  // one more request changes nothing
}

TEST(Owners, BeingAwayEarnsNothingAndOldDebtsAreForgotten) {
  Owners owners;
  Owner& stays = owners.enter("stays");
  stays.served = 10;
  Owner& idle = owners.enter("idle");
  Owner& greedy = owners.enter("greedy");
  greedy.served = 500;
  owners.leave(idle);
  owners.leave(greedy);
  stays.served = 100;
  EXPECT_EQ(owners.enter("idle").served, 100);
  EXPECT_EQ(owners.enter("greedy").served, 100 + Owners::kMostDebt);
}

TEST(Owners, NothingIsKeptOfAnEmptyHouse) {
  Owners owners;
  Owner& only = owners.enter("only");
  only.served = 70;
  only.waiting = 1;
  EXPECT_EQ(owners.waiting("only"), 1);
  owners.leave(only);
  EXPECT_EQ(owners.waiting("only"), 0);
  EXPECT_EQ(owners.enter("only").served, 0);
}

}  // namespace
}  // namespace tutti

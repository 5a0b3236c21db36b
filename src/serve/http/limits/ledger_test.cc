#include "serve/http/limits/ledger.h"

#include <gtest/gtest.h>

#include <thread>

namespace tutti {
namespace {

TEST(Ledger, NothingIsCountedWhereOneAccountRefuses) {
  Ledger ledger({.server = 100, .key = 60, .connection = 50});
  const Account::Ptr connection = ledger.connection(), other = ledger.connection();
  Charge first(ledger.request(connection, "alice")), second(ledger.request(other, "alice"));
  ASSERT_TRUE(first.grow(40));
  EXPECT_EQ(connection->held(), 40u);
  EXPECT_EQ(ledger.server().held(), 40u);
  const Status of_request = first.grow(11);
  ASSERT_FALSE(of_request);
  EXPECT_EQ(of_request.error().code(), ErrorCode::too_large);
  const Status of_key = second.grow(30);
  ASSERT_FALSE(of_key);
  EXPECT_EQ(of_key.error().code(), ErrorCode::busy);
  EXPECT_NE(of_key.error().message().find("alice"), std::string::npos);
  EXPECT_EQ(ledger.server().held(), 40u) << "and nothing of what was refused";
  EXPECT_EQ(other->held(), 0u);
}

TEST(Ledger, TheServerRefusesWhatItsConnectionsMay) {
  Ledger ledger({.server = 100, .key = 1000, .connection = 80});
  Charge first(ledger.connection()), second(ledger.connection());
  ASSERT_TRUE(first.grow(80));
  EXPECT_TRUE(ledger.pressed());
  EXPECT_FALSE(second.grow(21));
  EXPECT_TRUE(second.grow(20));
  first.clear();
  EXPECT_FALSE(ledger.pressed());
  EXPECT_TRUE(second.grow(21));
}

TEST(Ledger, TheLastOfItIsForThoseWhoHoldLittle) {
  constexpr size_t unit = size_t(1) << 20;
  Ledger ledger({.server = 16 * unit, .key = 16 * unit, .connection = 16 * unit});
  Charge large(ledger.connection()), middle(ledger.connection()), little(ledger.connection());
  EXPECT_FALSE(large.grow(14 * unit + 1));
  ASSERT_TRUE(large.grow(14 * unit));
  EXPECT_FALSE(large.grow(1));
  EXPECT_FALSE(middle.grow(65 << 10));
  ASSERT_TRUE(middle.grow(60 << 10));
  EXPECT_FALSE(middle.grow(10 << 10)) << "with what it holds that is more than little";
  std::vector<Charge> others;
  while (true) {
    others.emplace_back(ledger.connection());
    if (!others.back().grow(64 << 10)) break;
  }
  EXPECT_GT(ledger.server().held(), 15 * unit - (64 << 10));
  EXPECT_LE(ledger.server().held(), 15 * unit);
  EXPECT_TRUE(little.grow(16 << 10));
}

TEST(Ledger, WhereThereAreNoKeysAnAddressHasALimit) {
  Ledger ledger({.server = 1000, .key = 60, .connection = 50});
  Charge first(ledger.connection("192.0.2.1")), second(ledger.connection("192.0.2.1"));
  Charge other(ledger.connection("192.0.2.2")), local(ledger.connection());
  ASSERT_TRUE(first.grow(40));
  const Status refused = second.grow(30);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::busy);
  EXPECT_NE(refused.error().message().find("192.0.2.1"), std::string::npos);
  EXPECT_EQ(ledger.server().held(), 40u);
  EXPECT_TRUE(other.grow(50));
  EXPECT_TRUE(local.grow(50));
  for (int i = 0; i < 200; ++i) ledger.connection("198.51.100." + std::to_string(i));
  EXPECT_FALSE(Charge(ledger.connection("192.0.2.1")).grow(30)) << "others came and went";
  first.clear();
  EXPECT_TRUE(second.grow(30));
}

TEST(Ledger, ItsLimitsFollowTheLargestBody) {
  using Limits = Ledger::Limits;
  constexpr size_t unit = size_t(1) << 20;
  for (const size_t body : {unit, 32 * unit})
    EXPECT_EQ(Limits::for_bodies(body).connection, Limits().connection);
  const Limits large = Limits::for_bodies(320 * unit);
  EXPECT_EQ(large.connection, 10 * Limits().connection);
  EXPECT_EQ(large.key, 10 * Limits().key);
  EXPECT_EQ(large.server, 10 * Limits().server);
  EXPECT_GT(Limits::for_bodies(33 * unit).connection, Limits().connection);
}

TEST(Ledger, ChargesEndWithTheirHolders) {
  Ledger ledger({.server = 100, .key = 100, .connection = 100});
  {
    Charge charge(ledger.connection());
    ASSERT_TRUE(charge.set(70));
    ASSERT_TRUE(charge.set(30));
    Charge moved = std::move(charge);
    EXPECT_EQ(charge.bytes(), 0u);
    EXPECT_EQ(moved.bytes(), 30u);
    EXPECT_EQ(ledger.server().held(), 30u);
    moved = Charge();
    EXPECT_EQ(ledger.server().held(), 0u);
    moved = Charge(ledger.connection());
    moved.grow_anyway(500);
    EXPECT_EQ(ledger.server().held(), 500u) << "held already";
  }
  EXPECT_EQ(ledger.server().held(), 0u);
}

TEST(Ledger, HugeSizesDoNotWrapAround) {
  Ledger ledger({.server = 100, .key = 100, .connection = 100});
  Charge charge(ledger.connection());
  ASSERT_TRUE(charge.grow(60));
  EXPECT_FALSE(charge.grow(SIZE_MAX));
  EXPECT_FALSE(charge.grow(SIZE_MAX - 30));
  EXPECT_EQ(charge.bytes(), 60u);
}

TEST(Ledger, ManyThreadsNeverHoldMoreThanTheLimit) {
  Ledger ledger({.server = 1000, .key = 1000, .connection = 1000});
  std::atomic<bool> exceeded = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      const Account::Ptr account = ledger.connection();
      for (int i = 0; i < 10'000; ++i) {
        Charge charge(account);
        if (charge.grow(400) && ledger.server().held() > 1000) exceeded = true;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(ledger.server().held(), 0u);
}

}  // namespace
}  // namespace tutti

// Whose caches are kept, and when they are given back.
#include "serve/model_places.h"

#include "tests/helpers/scheduler_fixture.h"

namespace tutti {
namespace {

constexpr int kSlots = 4;

// Models of one address, each with a life of its own: as if one took the place of another.
class Lives {
 public:
  ModelHandle begin() const {
    const auto life = std::make_shared<int>();
    return {std::shared_ptr<const LoadedModel>(life, loaded_.model.get())};
  }

 private:
  const ModelHandle loaded_ = scheduling::load().model();
};

TEST(ModelPlaces, GoWithTheirModelsOnceTheirJobsHaveEnded) {
  const Lives lives;
  ModelPlaces places(kSlots);
  ModelHandle model = lives.begin();
  ModelPlace& place = **places.of(model, true);
  EXPECT_EQ(*places.of(model, false), &place);
  place.jobs = 1;
  model = {};
  EXPECT_TRUE(places.take_unused().empty());
  place.jobs = 0;
  EXPECT_EQ(places.take_unused().size(), 1u);
  EXPECT_EQ(places.size(), 0u);
  model = lives.begin();
  (*places.of(model, false))->jobs = 0;
  EXPECT_TRUE(places.take_unused().empty()) << "it can still be asked";
}

TEST(ModelPlaces, AnotherModelAtTheSameAddressHasAnother) {
  const Lives lives;
  ModelPlaces places(kSlots);
  ModelHandle model = lives.begin();
  ModelPlace& ending = **places.of(model, true);
  ending.jobs = 1;
  const std::weak_ptr<SequenceCaches> caches = ending.caches;
  model = lives.begin();
  ModelPlace& other = **places.of(model, true);
  EXPECT_NE(&other, &ending);
  EXPECT_EQ(ending.jobs, 1);
  EXPECT_FALSE(caches.expired());
  --ending.jobs;
  EXPECT_EQ(other.jobs, 0);
  EXPECT_EQ(places.take_unused().size(), 1u);
  EXPECT_TRUE(caches.expired());
  EXPECT_TRUE(other.caches);
}

TEST(ModelPlaces, WhatIsIdleGivesWayToWhatIsTouched) {
  const Lives lives;
  ModelPlaces places(kSlots);
  const ModelHandle models[] = {lives.begin(), lives.begin(), lives.begin()};
  ModelPlaces::Caches freed;
  ModelPlace* all[3];
  for (int i = 0; i < 3; ++i) {
    all[i] = *places.of(models[i], true);
    all[i]->jobs = 1;
    for (int slot = 0; slot < 2; ++slot) {
      EXPECT_EQ(all[i]->take_slot(), slot);
      if (i < 2) places.touch(*all[i], freed);
    }
  }
  EXPECT_TRUE(freed.empty()) << "two and two of four";
  places.touch(*all[2], freed);
  EXPECT_TRUE(freed.empty()) << "nobody is idle";
  all[0]->free_slots = {3, 2, 1, 0};
  all[0]->jobs = 0;
  all[2]->take_slot();
  places.touch(*all[2], freed);
  ASSERT_EQ(freed.size(), 1u);
  EXPECT_FALSE(all[0]->caches);
  EXPECT_TRUE(all[1]->caches && all[2]->caches);
  EXPECT_EQ((*places.of(models[0], true))->free_slots.size(), size_t(kSlots));
}

}  // namespace
}  // namespace tutti

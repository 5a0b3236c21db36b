// Test helper: a model and a session of the C interface.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tutti/tutti.h"

namespace tutti {

class CapiFixture : public testing::Test {
 protected:
  explicit CapiFixture(std::string path) : path_(std::move(path)) {}

  void SetUp() override {
    tutti_model_options options = {.struct_size = sizeof options, .threads = 1};
    ASSERT_EQ(tutti_model_load(path_.c_str(), &options, &model_), TUTTI_OK)
        << tutti_model_error(model_);
    session_ = tutti_session_new(model_);
    ASSERT_NE(session_, nullptr);
  }
  void TearDown() override {
    tutti_session_free(session_);
    tutti_model_free(model_);
  }

  // Refused, with a sentence that says `what`.
  void expect_refused(tutti_status got, tutti_status wanted, const std::string& what) {
    EXPECT_EQ(got, wanted);
    EXPECT_NE(std::string(tutti_session_error(session_)).find(what), std::string::npos)
        << tutti_session_error(session_);
  }

  const std::string path_;
  tutti_model* model_ = nullptr;
  tutti_session* session_ = nullptr;
};

}  // namespace tutti

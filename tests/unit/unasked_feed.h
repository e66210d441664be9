// A Feed for pipelines whose requests take no steps and are not sent to other threads.
#pragma once
#include <gtest/gtest.h>

#include "pipeline/pipeline.h"

namespace cachetted {

class UnaskedFeed final : public Feed {
 public:
  Request* borrow_step(Request&) override {
    ADD_FAILURE() << "a step";
    return nullptr;
  }
  void submit_step(Request&) override { ADD_FAILURE() << "a step"; }
  void return_step(Request&) override { ADD_FAILURE() << "a step"; }
  void hold_value(Request&) override {}
  void resume(Request&) override { ADD_FAILURE() << "resumed"; }
  void finish(Request&) override { ADD_FAILURE() << "finished later"; }
};

}  // namespace cachetted

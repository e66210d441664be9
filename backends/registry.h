// The backends that this build has, a row each. To add one: docs/adding-a-backend.md.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "config/config.h"
#include "config/validate.h"
#include "core/backend.h"

namespace cachetted {

struct BackendRow {
  std::string_view name;  // the value of the option `backend`
  std::string_view doc;
  Caps (*caps)();  // what it does itself where the configuration takes nothing away; for the docs
  // Makes what all loops share; throws std::runtime_error with a text for the operator.
  std::unique_ptr<Store> (*make)(const config::Config& c, unsigned loops);
};

std::span<const BackendRow> backends();
const BackendRow* find_backend(std::string_view name);
config::Available available();  // what this build has, for checks of a configuration

}  // namespace cachetted

// Texts made from metrics.def: the reference page and the Prometheus alert rules. Used by `make docs` and by the test
// that finds a stale copy.
#pragma once
#include <string>

namespace cachetted::metrics {

std::string reference_page();  // docs/reference/metrics.md
std::string alert_rules();     // conf/alerts.yml, passes `promtool check rules`

}  // namespace cachetted::metrics

// The pages and files that are made from the tables: docs/reference/*.md, conf/cachetted.yaml, conf/alerts.yml. Checked
// in; a test compares them with what this writes. Called by main for `--write-docs DIR`; no daemon runs.
#pragma once
#include <string>

namespace cachetted::server {

// Writes all of them below `folder`, the root of a checkout or a copy. Exit status.
int write_documents(const std::string& folder);

}  // namespace cachetted::server

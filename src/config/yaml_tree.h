// A YAML text as a small tree with the place of every key and value, and with bounds on size, depth
// and aliases, so that no file can take memory or stack. yaml-cpp reads; its own Node is not used,
// since it drops duplicate keys and knows no bounds. Called while a configuration is loaded.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/fault.h"

namespace cachetted::config {

inline constexpr size_t kMaxFileSize = 1u << 20;  // bytes
inline constexpr size_t kMaxDepth = 32;           // lists and maps inside one another, aliases followed
inline constexpr size_t kMaxNodes = 65'536;       // values of a file, each alias counted as what it stands for

struct Node;
using NodePtr = std::shared_ptr<const Node>;  // shared by the aliases of an anchor

struct Node {
  enum class Kind { null, scalar, sequence, map };
  struct Entry {
    std::string key;
    Place at;
    NodePtr value;
  };

  Kind kind = Kind::null;
  bool quoted = false;  // a scalar in quotes, or a block scalar
  std::string text;     // scalar
  std::vector<NodePtr> items;
  std::vector<Entry> entries;  // in the order of the file, duplicates kept
  Place at;
  size_t weight = 1;  // nodes below and this one, aliases followed
  size_t height = 1;
};

struct TreeFault {
  Place at;
  std::string problem;
};

struct Tree {
  NodePtr root;  // null when the text is no YAML; of kind null when it is empty
  std::vector<TreeFault> faults;
};

Tree parse_tree(std::string_view text);

NodePtr null_node();
NodePtr scalar_node(std::string_view text, bool quoted);
NodePtr sequence_node(std::vector<NodePtr> items);

}  // namespace cachetted::config

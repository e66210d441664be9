// Implements yaml_tree.h over yaml-cpp's event parser: TreeBuilder gets one call per YAML event and
// throws Refused where a bound is passed, which ends the parse at that very token.
#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

namespace cachetted::config {

namespace {

struct Refused {
  Place at;
  std::string problem;
};

Place place_of(const YAML::Mark& mark) { return mark.is_null() ? Place{} : Place{mark.line + 1, mark.column + 1}; }

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Tree& tree) : tree_(tree) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) throw Refused{place_of(mark), "a second document; one file holds one configuration"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add_leaf(mark, anchor, Node::Kind::null, "", false);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    add_leaf(mark, anchor, Node::Kind::scalar, value, tag == "!" || tag == kYamlTag + std::string("str"));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{place_of(mark), "an alias inside the value that it stands for"};
    if (open_.size() + found->second->height > kMaxDepth) refuse_depth(mark);
    count(mark, found->second->weight);
    place(found->second, place_of(mark));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::sequence);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::map);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  static constexpr const char* kYamlTag = "tag:yaml.org,2002:";

  struct Open {  // a list or map whose end has not come
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor;
    bool has_key = false;
    bool skip = false;  // the key was faulty: its value goes nowhere
  };

  [[noreturn]] static void refuse_depth(const YAML::Mark& mark) {
    throw Refused{place_of(mark), fmt::format("nested too deep (allowed {} levels)", kMaxDepth)};
  }

  void count(const YAML::Mark& mark, size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > kMaxNodes)
      throw Refused{place_of(mark), fmt::format("too many values, aliases included (allowed {})", kMaxNodes)};
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    for (const char* known : {"str", "int", "float", "bool", "null", "seq", "map"})
      if (tag == std::string(kYamlTag) + known) return;
    tree_.faults.push_back({place_of(mark), fmt::format("unknown YAML tag (value '{}', allowed none)", shown(tag))});
  }

  void add_leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind, const std::string& text, bool quoted) {
    count(mark, 1);
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->text = text;
    node->quoted = quoted;
    node->at = place_of(mark);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    place(node, node->at);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    if (open_.size() >= kMaxDepth) refuse_depth(mark);
    count(mark, 1);
    check_tag(mark, tag);
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->at = place_of(mark);
    open_.push_back({std::move(node), anchor});
  }

  void close() {
    const Open done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor != YAML::NullAnchor) anchors_[done.anchor] = done.node;
    place(done.node, done.node->at);
  }

  // Gives a finished node to the list, map or document that it belongs to.
  void place(const NodePtr& node, Place at) {
    if (open_.empty()) {
      tree_.root = node;
      return;
    }
    Open& into = open_.back();
    into.node->weight += node->weight;
    into.node->height = std::max(into.node->height, node->height + 1);
    if (into.node->kind == Node::Kind::sequence) {
      into.node->items.push_back(node);
    } else if (!into.has_key) {
      into.has_key = true;
      into.skip = node->kind != Node::Kind::scalar;
      if (into.skip)
        tree_.faults.push_back({at, "a key must be a name"});
      else
        into.node->entries.push_back({node->text, at, nullptr});
    } else {
      into.has_key = false;
      if (!into.skip) into.node->entries.back().value = node;
    }
  }

  Tree& tree_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
  size_t nodes_ = 0;
  int documents_ = 0;
};

// The parser's own words for this commonest of faults do not say it.
std::string tab_hint(std::string_view text, int line) {
  for (; line > 1; --line) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  const std::string_view indent = text.substr(0, text.find_first_not_of(" \t"));
  return indent.find('\t') == std::string_view::npos ? "" : " (tabs may not indent)";
}

}  // namespace

NodePtr null_node() {
  static const NodePtr node = std::make_shared<Node>();
  return node;
}

NodePtr scalar_node(std::string_view text, bool quoted) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::scalar;
  node->text = text;
  node->quoted = quoted;
  return node;
}

NodePtr sequence_node(std::vector<NodePtr> items) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::sequence;
  node->items = std::move(items);
  return node;
}

Tree parse_tree(std::string_view text) {
  Tree tree;
  if (text.size() > kMaxFileSize) {
    tree.faults.push_back({{}, fmt::format("too large (value {} bytes, allowed {})", text.size(), kMaxFileSize)});
    return tree;
  }
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder(tree);
    while (parser.HandleNextDocument(builder)) {
    }
    if (!tree.root) tree.root = null_node();
  } catch (const Refused& refused) {
    tree.root = nullptr;
    tree.faults.push_back({refused.at, refused.problem});
  } catch (const YAML::Exception& error) {
    tree.root = nullptr;
    const Place at = place_of(error.mark);
    tree.faults.push_back({at, "YAML syntax: " + shown(error.msg) + tab_hint(text, at.line)});
  }
  return tree;
}

}  // namespace cachetted::config

// Implements walk.h.
#include "backends/pickle/walk.h"

namespace cachetted::pickle {
namespace {

constexpr size_t kBuckets = 32;  // under one lock: some 200 entries

struct Head {
  int64_t expiry;
  uint32_t key, value, flags;
  memory::Form form;
  bool shared;
};

}  // namespace

void Piece::add(const memory::Entry& e) {
  const Head h{
      e.expiry(),  static_cast<uint32_t>(e.key().size()), static_cast<uint32_t>(e.value().size()), e.flags(), e.form(),
      e.has_blob()};
  bytes_.append(reinterpret_cast<const char*>(&h), sizeof h).append(e.key());
  if (!h.shared) {
    bytes_.append(e.value());
    return;
  }
  blobs_.push_back(BlobRef::share(e.blob()));
  shared_ += h.value;
}

void Piece::each(const std::function<void(const FileEntry&)>& visit) const {
  auto blob = blobs_.begin();
  for (std::string_view rest = bytes_; !rest.empty();) {
    Head h;
    std::memcpy(&h, rest.data(), sizeof h);
    FileEntry e{rest.substr(sizeof h, h.key), h.form, h.flags, h.expiry, {}};
    rest.remove_prefix(sizeof h + h.key);
    if (h.shared) {
      e.value = (*blob++)->view();
    } else {
      e.value = rest.substr(0, h.value);
      rest.remove_prefix(h.value);
    }
    visit(e);
  }
}

bool lasts(const memory::Entry& e) { return (e.marks() & kStale) == 0 && !(e.leased() && e.value().empty()); }

TableWalk::~TableWalk() {
  if (table_ == nullptr) return;
  memory::Locks lock(store_, memory::ShardSet{1} << shard_);
  table_->unhold();
}

bool TableWalk::some(Piece& to, int64_t now) {
  memory::Locks lock(store_, memory::ShardSet{1} << shard_);
  if (table_ == nullptr) {
    table_ = &store_.shard(shard_).table(0);
    table_->hold();
  }
  bool done = false;
  for (size_t i = 0; i < kBuckets && !done; ++i) {
    if (table_->size() == 0) {
      done = true;
      break;
    }
    cursor_ = table_->scan(cursor_, [&](memory::Slot& s) {
      const memory::Entry& e = *memory::Table::entry(s);
      if (!is_expired(e.expiry(), now) && lasts(e)) to.add(e);
    });
    done = cursor_ == 0;
  }
  if (!done) return true;
  table_->unhold();
  table_ = nullptr;
  cursor_ = 0;
  return ++shard_ < memory::kShards;
}

}  // namespace cachetted::pickle

// Reference-counted bytes. Large values live in one, shared by the store and the replies on their way out, so
// that a 64 MiB GET copies nothing; input and output buffers are blobs too. Any thread may retain or release;
// only the creator writes, and never what others that hold a reference look at.
#pragma once
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string_view>
#include <utility>

namespace cachetted {

struct alignas(16) Blob {  // so the bytes behind it are aligned, too: Arrow reads numbers in place then
  std::atomic<uint32_t> refs{1};
  uint32_t size = 0;
  uint32_t capacity = 0;

  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view view() const { return {data(), size}; }

  // A blob with room for so many bytes (of more than 4 GiB its capacity tells less), one reference; throws
  // std::bad_alloc.
  static Blob* create(size_t capacity) {
    void* p = std::malloc(sizeof(Blob) + capacity);
    if (p == nullptr) throw std::bad_alloc();
    Blob* b = new (p) Blob;
    b->capacity = static_cast<uint32_t>(capacity < UINT32_MAX ? capacity : UINT32_MAX);
    return b;
  }
  static Blob* copy_of(std::string_view bytes) {
    Blob* b = create(bytes.size());
    b->size = static_cast<uint32_t>(bytes.size());
    bytes.copy(b->data(), bytes.size());
    return b;
  }
  void retain() { refs.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      this->~Blob();
      std::free(this);
    }
  }
  bool sole() const { return refs.load(std::memory_order_acquire) == 1; }
};
static_assert(sizeof(Blob) == 16);

// Owning pointer to a Blob: one reference.
class BlobRef {
 public:
  BlobRef() = default;
  explicit BlobRef(Blob* adopted) : blob_(adopted) {}
  BlobRef(BlobRef&& other) noexcept : blob_(std::exchange(other.blob_, nullptr)) {}
  BlobRef& operator=(BlobRef&& other) noexcept {
    std::swap(blob_, other.blob_);
    return *this;
  }
  ~BlobRef() {
    if (blob_ != nullptr) blob_->release();
  }
  static BlobRef share(Blob* b) {
    b->retain();
    return BlobRef(b);
  }
  Blob* get() const { return blob_; }
  Blob* operator->() const { return blob_; }
  explicit operator bool() const { return blob_ != nullptr; }

 private:
  Blob* blob_ = nullptr;
};

}  // namespace cachetted

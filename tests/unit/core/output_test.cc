// Bytes on their way out, against a string, and the references of the blobs they come from.
#include "core/output.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace cachetted {
namespace {

struct Slice {
  char* data;
  size_t size;
};

std::string all_of(const Output& out) {
  std::vector<Slice> slices(4096);
  unsigned n = out.slices(slices.data(), static_cast<unsigned>(slices.size()));
  std::string s;
  for (unsigned i = 0; i < n; ++i) s.append(slices[i].data, slices[i].size);
  return s;
}

class OutputTest : public testing::Test {
 protected:
  static constexpr int kBlobs = 4;
  OutputTest() {
    for (BlobRef& b : blobs_) {
      size_t size = Output::kByRef + random_() % 50'000;
      b = BlobRef(Blob::create(size));
      b->size = static_cast<uint32_t>(size);
      for (size_t i = 0; i < size; ++i) b->data()[i] = static_cast<char>(random_());
    }
  }
  // Something at the end of both.
  void add() {
    switch (random_() % 8) {
      case 0: {
        std::string s(random_() % 3 == 0 ? random_() % 200'000 : random_() % 20'000,
                      static_cast<char>('a' + random_() % 26));
        out_.append(s);
        model_ += s;
        break;
      }
      case 1: {
        Blob* b = blobs_[random_() % kBlobs].get();
        size_t begin = random_() % b->size, size = random_() % (b->size - begin + 1);
        std::string_view slice = b->view().substr(begin, size);
        out_.append(b, slice);
        model_ += slice;
        break;
      }
      case 2: {
        auto n = static_cast<int64_t>(random_());
        out_.append_number(n);
        model_ += std::to_string(n);
        break;
      }
      case 3: {
        char* p = out_.reserve(100);
        std::memcpy(p, "reserved", 8);
        out_.commit(p + 8);
        model_ += "reserved";
        break;
      }
      case 4: out_.append('c'), model_ += 'c'; break;
      case 5: out_.append(std::string_view()); break;
      default: out_.append("+OK\r\n"), model_ += "+OK\r\n";
    }
  }
  void take(size_t n) {
    out_.consume(n);
    model_.erase(0, n);
  }
  void expect_sole_blobs() {
    for (BlobRef& b : blobs_) EXPECT_TRUE(b->sole());
  }

  std::mt19937_64 random_{13};
  BlobRef blobs_[kBlobs];
  Output out_;
  std::string model_;
};

TEST_F(OutputTest, KeepsOrderOverRandomAppendsAndConsumes) {
  for (int round = 0; round < 4000; ++round) {
    for (size_t i = random_() % 6; i > 0; --i) add();
    ASSERT_EQ(out_.size(), model_.size());
    ASSERT_EQ(out_.empty(), model_.empty());
    if (round % 16 == 0) {
      ASSERT_EQ(all_of(out_), model_);
    }
    if (random_() % 2 == 0) take(random_() % 4 == 0 ? model_.size() : random_() % (model_.size() + 1));
    if (model_.size() > 2'000'000) take(model_.size() - 10);
  }
  ASSERT_EQ(all_of(out_), model_);
  take(model_.size());
  EXPECT_TRUE(out_.empty());
  expect_sole_blobs();
}

TEST_F(OutputTest, ConsumesByteByByte) {
  for (int i = 0; i < 20; ++i) add();
  model_.resize(std::min<size_t>(model_.size(), 100'000));
  while (!model_.empty()) {
    Slice first[1];
    ASSERT_EQ(out_.slices(first, 1), 1u);
    ASSERT_GT(first[0].size, 0u);
    ASSERT_EQ(*first[0].data, model_[0]);
    take(1);
  }
}

TEST_F(OutputTest, ShowsAtMostAsManySlicesAsAsked) {
  for (int i = 0; i < 10; ++i) {
    out_.append("between");
    out_.append(blobs_[0].get(), blobs_[0]->view());
  }
  Slice slices[30];
  EXPECT_EQ(out_.slices(slices, 3), 3u);
  EXPECT_EQ(out_.slices(slices, 30), 20u);
  EXPECT_EQ(slices[1].size, blobs_[0]->size);
  EXPECT_EQ(slices[1].data, blobs_[0]->data());  // by reference, not copied
}

TEST_F(OutputTest, ClearAndTheEndGiveReferencesBack) {
  for (int i = 0; i < 200; ++i) add();
  take(model_.size() / 2);
  out_.clear();
  EXPECT_TRUE(out_.empty());
  expect_sole_blobs();
  out_.append("alive");
  EXPECT_EQ(all_of(out_), "alive");
  {
    Output other;
    for (BlobRef& b : blobs_) other.append(b.get(), b->view());
    other.append("open");
  }
  expect_sole_blobs();
}

TEST_F(OutputTest, LendsItsBlobAndTakesItBackOnceItIsEmpty) {
  Blob* blob = Blob::create(Output::kBlob);
  out_.lend(blob);
  EXPECT_TRUE(out_.lent());
  out_.append("reply");
  EXPECT_EQ(out_.take_back(), nullptr);
  out_.consume(5);
  EXPECT_EQ(out_.take_back(), blob);
  EXPECT_FALSE(out_.lent());
  EXPECT_TRUE(blob->sole());
  EXPECT_EQ(out_.take_back(), nullptr);
  // With a slice of it still queued it stays.
  out_.lend(blob);
  out_.append("before");
  out_.append(blobs_[0].get(), blobs_[0]->view());
  EXPECT_EQ(out_.take_back(), nullptr);
  EXPECT_FALSE(blob->sole());
  out_.consume(out_.size());
  EXPECT_EQ(out_.take_back(), blob);
  EXPECT_TRUE(blob->sole());
  blob->release();
}

TEST(Blob, DiesWithItsLastReference) {
  Blob* blob = Blob::create(10);
  blob->size = 3;
  std::memcpy(blob->data(), "abc", 3);
  BlobRef one(blob);
  {
    BlobRef two = BlobRef::share(blob);
    EXPECT_FALSE(blob->sole());
    BlobRef three = std::move(two);
    EXPECT_FALSE(two);  // NOLINT: moved from on purpose
    EXPECT_EQ(three->view(), "abc");
  }
  EXPECT_TRUE(blob->sole());
}

}  // namespace
}  // namespace cachetted

// Implements compression.h.
#include "codecs/compression.h"

#include <lz4frame.h>
#include <zstd.h>

#include <memory>

namespace cachetted::codecs {
namespace {

ZSTD_CCtx* zstd_compressor() {
  thread_local std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  return context.get();
}

ZSTD_DCtx* zstd_decompressor() {
  thread_local std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  return context.get();
}

LZ4F_dctx* lz4_decompressor() {
  thread_local std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> context(
      [] {
        LZ4F_dctx* made = nullptr;
        LZ4F_createDecompressionContext(&made, LZ4F_VERSION);
        return made;
      }(),
      LZ4F_freeDecompressionContext);
  return context.get();
}

bool damaged(std::string& why, const char* what) {
  why = std::string("it is damaged: ") + what;
  return false;
}

bool too_large(std::string& why, size_t most) {
  why = "it is over " + std::to_string(most) + " bytes when decompressed";
  return false;
}

size_t compress_zstd(std::string_view in, int level, char* to, size_t room) {
  const size_t n = ZSTD_compressCCtx(zstd_compressor(), to, room, in.data(), in.size(), level);
  return ZSTD_isError(n) != 0 ? 0 : n;
}

// Its bound is what LZ4F_compressFrame needs to begin at all, so room for the worst case is taken.
size_t compress_lz4(std::string_view in, int level, char* to, size_t room) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentSize = in.size();
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  preferences.compressionLevel = level;
  const size_t n = LZ4F_compressFrame(to, room, in.data(), in.size(), &preferences);
  return LZ4F_isError(n) != 0 ? 0 : n;
}

bool decompress_zstd(std::string_view in, size_t most, std::string& out, std::string& why) {
  const unsigned long long size = ZSTD_getFrameContentSize(in.data(), in.size());
  if (size == ZSTD_CONTENTSIZE_ERROR) return damaged(why, "no frame of zstd");
  if (size == ZSTD_CONTENTSIZE_UNKNOWN) return damaged(why, "a frame of zstd that does not tell its size");
  if (size > most) return too_large(why, most);
  const size_t frame = ZSTD_findFrameCompressedSize(in.data(), in.size());
  if (ZSTD_isError(frame) != 0 || frame != in.size())
    return damaged(why, "something else stands behind it, or it is cut off");
  const size_t before = out.size();
  out.resize(before + size);
  const size_t n = ZSTD_decompressDCtx(zstd_decompressor(), out.data() + before, size, in.data(), in.size());
  if (ZSTD_isError(n) == 0 && n == size) return true;
  out.resize(before);
  return damaged(why, ZSTD_isError(n) != 0 ? ZSTD_getErrorName(n) : "another size than it tells");
}

bool decompress_lz4(std::string_view in, size_t most, std::string& out, std::string& why) {
  LZ4F_dctx* context = lz4_decompressor();
  LZ4F_resetDecompressionContext(context);
  LZ4F_frameInfo_t info{};
  size_t taken = in.size();
  size_t more = LZ4F_getFrameInfo(context, &info, in.data(), &taken);
  if (LZ4F_isError(more) != 0) return damaged(why, LZ4F_getErrorName(more));
  if (info.contentSize == 0) return damaged(why, "a frame of lz4 that does not tell its size");
  if (info.contentSize > most) return too_large(why, most);
  const size_t before = out.size();
  out.resize(before + info.contentSize);
  size_t made = 0;
  while (more != 0 && taken < in.size()) {
    size_t room = info.contentSize - made, part = in.size() - taken;
    more = LZ4F_decompress(context, out.data() + before + made, &room, in.data() + taken, &part, nullptr);
    if (LZ4F_isError(more) != 0 || (room == 0 && part == 0)) break;
    made += room;
    taken += part;
  }
  if (more == 0 && made == info.contentSize && taken == in.size()) return true;
  out.resize(before);
  return damaged(why, LZ4F_isError(more) != 0 ? LZ4F_getErrorName(more)
                      : more != 0             ? "it is cut off"
                                              : "something else stands behind it");
}

}  // namespace

bool compress(std::string_view in, Compression algorithm, int level, std::string& out) {
  if (algorithm == Compression::none || in.size() <= kEnvelope) return false;
  const bool zstd = algorithm == Compression::zstd;
  const size_t before = out.size();
  const size_t room = zstd ? in.size() - kEnvelope - 1 : LZ4F_compressFrameBound(in.size(), nullptr) + 64;
  out.resize(before + room);
  char* to = out.data() + before;
  const size_t n = zstd ? compress_zstd(in, level, to, room) : compress_lz4(in, level, to, room);
  const bool shrunk = n != 0 && n + kEnvelope < in.size();
  out.resize(before + (shrunk ? n : 0));
  return shrunk;
}

bool decompress(std::string_view in, Compression algorithm, size_t most, std::string& out, std::string& why) {
  if (algorithm == Compression::zstd) return decompress_zstd(in, most, out, why);
  if (algorithm == Compression::lz4) return decompress_lz4(in, most, out, why);
  why = "it is compressed in a way that this version does not know";
  return false;
}

std::string_view name_of(Compression algorithm) {
  return algorithm == Compression::zstd ? "zstd" : algorithm == Compression::lz4 ? "lz4" : "none";
}

}  // namespace cachetted::codecs

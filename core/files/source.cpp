#include "files/source.h"

#include <algorithm>

#include "concat.h"

namespace bitbudget::files {

std::unexpected<Error> truncated(const Source& source, std::uint64_t needed, std::string_view what) {
  if (source.whole() || needed > source.file_size) {
    return fail_at(ErrorCode::truncated, source.file_size,
                   concat({"The file ends at byte ", source.file_size, ", within ", what, ": it is cut off, copy or download it again."}));
  }
  return std::unexpected(Error{ErrorCode::truncated,
                               concat({"The slice ends within ", what, ": pass the first ", needed, " bytes of the file."}),
                               needed, "bytes"});
}

Result<std::span<const std::byte>> Cursor::take(std::uint64_t count, std::string_view what) {
  if (count > left()) {
    return truncated({source_.bytes, source_.file_size}, count > kMaxCount ? kMaxCount * 2 : position_ + count, what);
  }
  if (count > source_.size() || position_ > source_.size() - count) {
    // The header goes on beyond what is wanted now: ask for twice the slice at least, so that few slices are needed.
    return truncated(source_, std::min(source_.file_size, std::max(position_ + count, source_.size() * 2)), what);
  }
  const auto bytes = source_.bytes.subspan(static_cast<std::size_t>(position_), static_cast<std::size_t>(count));
  position_ += count;
  return bytes;
}

std::string shown(std::string_view name) {
  constexpr std::size_t most = 80;
  if (name.size() <= most) return std::string(name);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0u) == 0x80u) --end;  // not within a UTF-8 sequence
  return std::string(name.substr(0, end)) + "...";
}

}  // namespace bitbudget::files

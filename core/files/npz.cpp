#include "files/npz.h"

#include <algorithm>
#include <tuple>

#include "concat.h"
#include "files/inflate.h"
#include "files/json_scan.h"
#include "files/npy.h"
#include "heap_sort.h"

namespace bitbudget::files {
namespace {

constexpr std::uint64_t kLocalSize = 30;
constexpr std::uint64_t kCentralSize = 46;
constexpr std::uint64_t kEndSize = 22;
constexpr std::uint32_t kLocalMagic = 0x04034B50;
constexpr std::uint32_t kCentralMagic = 0x02014B50;
constexpr std::uint32_t kEndMagic = 0x06054B50;
constexpr std::uint32_t kIn64Bits = 0xFFFFFFFF;  // the size stands in the extra field instead
constexpr unsigned kEncrypted = 1u << 0 | 1u << 6 | 1u << 13;
constexpr unsigned kSizesFollow = 1u << 3;
constexpr std::string_view kExtension = ".npy";

/// What both a local header and the directory say of a member.
struct Entry {
  std::string_view name;
  unsigned flags = 0;
  unsigned method = 0;
  std::uint32_t crc = 0;
  std::uint64_t stored = 0;
  std::uint64_t size = 0;
};

struct Member {
  Entry entry;
  std::uint64_t local = 0;  // where its local header stands
  std::uint64_t data = 0;   // where its bytes stand
};

std::unexpected<Error> refuse(ErrorCode code, std::uint64_t offset, std::string message, std::string_view member = {}) {
  return std::unexpected(Error{code, std::move(message), offset, shown(member)});
}

std::string_view text_of(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Sizes of 0xFFFFFFFF are taken from the extra field 1 ("ZIP64"), uncompressed first.
bool widen(std::span<const std::byte> extra, Entry& entry) {
  if (entry.size != kIn64Bits && entry.stored != kIn64Bits) return true;
  std::size_t at = 0;
  while (extra.size() - at >= 4) {
    const auto id = load<std::uint16_t>(extra.data() + at);
    const std::size_t length = load<std::uint16_t>(extra.data() + at + 2);
    at += 4;
    if (length > extra.size() - at) return false;
    if (id == 1) {
      std::size_t used = 0;
      for (std::uint64_t* size : {&entry.size, &entry.stored}) {
        if (*size != kIn64Bits) continue;
        if (used + 8 > length) return false;
        *size = load<std::uint64_t>(extra.data() + at + used);
        used += 8;
      }
      return true;
    }
    at += length;
  }
  return false;
}

/// flags, method, time, date, sum, sizes: 20 bytes that both headers have alike.
Entry common_fields(const std::byte* at) {
  return {.name = {},
          .flags = load<std::uint16_t>(at),
          .method = load<std::uint16_t>(at + 2),
          .crc = load<std::uint32_t>(at + 8),
          .stored = load<std::uint32_t>(at + 12),
          .size = load<std::uint32_t>(at + 16)};
}

class Archive {
 public:
  explicit Archive(const Source& source) : bytes_(source.bytes) {}

  Result<std::vector<Member>> members() {
    std::uint64_t at = 0;
    std::uint64_t count = 0;
    if (auto done = find_directory(at, count); !done) return std::unexpected(std::move(done.error()));
    std::vector<Member> members;
    for (std::uint64_t i = 0; i < count; ++i) {
      auto member = central(at);
      if (!member) return std::unexpected(std::move(member.error()));
      if (auto done = local(*member); !done) return std::unexpected(std::move(done.error()));
      members.push_back(*member);
    }
    if (at != end_) return refuse(ErrorCode::invalid_file, at, "The ZIP directory has more or fewer entries than it declares.");
    if (auto done = apart(members); !done) return std::unexpected(std::move(done.error()));
    return members;
  }

 private:
  /// The end record is the last thing in the file but for its own comment.
  Result<void> find_directory(std::uint64_t& at, std::uint64_t& count) {
    const std::uint64_t size = bytes_.size();
    const std::uint64_t least = size > kEndSize + 0xFFFF ? size - kEndSize - 0xFFFF : 0;
    for (std::uint64_t end = size >= kEndSize ? size - kEndSize + 1 : 0; end-- > least;) {
      const std::byte* record = bytes_.data() + end;
      if (load<std::uint32_t>(record) != kEndMagic || load<std::uint16_t>(record + 20) != size - end - kEndSize) continue;
      if (load<std::uint32_t>(record + 4) != 0) return refuse(ErrorCode::unsupported, end + 4, "The ZIP archive spans several disks.");
      count = load<std::uint16_t>(record + 10);
      const std::uint64_t length = load<std::uint32_t>(record + 12);
      at = load<std::uint32_t>(record + 16);
      if (count == 0xFFFF || at == kIn64Bits) return refuse(ErrorCode::unsupported, end, "The ZIP archive has a 64-bit directory, which is not read.");
      if (load<std::uint16_t>(record + 8) != count || at + length != end) {
        return refuse(ErrorCode::invalid_file, end, "The ZIP directory does not end where its end record stands.");
      }
      begin_ = at;
      end_ = end;
      return {};
    }
    return refuse(ErrorCode::truncated, size, "The file ends before a ZIP directory: it is cut off, copy or download it again.");
  }

  Result<Member> central(std::uint64_t& at) {
    if (end_ - at < kCentralSize || load<std::uint32_t>(bytes_.data() + at) != kCentralMagic) {
      return refuse(ErrorCode::invalid_file, at, "The ZIP directory has no entry here, where it should.");
    }
    const std::byte* header = bytes_.data() + at;
    Member member{.entry = common_fields(header + 8)};
    const std::uint64_t name = load<std::uint16_t>(header + 28);
    const std::uint64_t extra = load<std::uint16_t>(header + 30);
    const std::uint64_t comment = load<std::uint16_t>(header + 32);
    if (name + extra + comment > end_ - at - kCentralSize) return refuse(ErrorCode::invalid_file, at, "An entry of the ZIP directory runs over its end.");
    member.entry.name = text_of(part(at + kCentralSize, name));
    member.local = load<std::uint32_t>(header + 42);
    if (auto done = check_name(member.entry.name, at + kCentralSize); !done) return std::unexpected(std::move(done.error()));
    if (!widen(part(at + kCentralSize + name, extra), member.entry)) return refuse(ErrorCode::invalid_file, at, "A 64-bit size is missing.", member.entry.name);
    if ((member.entry.flags & kEncrypted) != 0) return refuse(ErrorCode::unsupported, at + 8, "The archive is encrypted.", member.entry.name);
    if (member.entry.method != 0 && member.entry.method != 8) {
      return refuse(ErrorCode::unsupported, at + 10, concat({"Compression method ", member.entry.method, " is not read; 0 and 8 are."}), member.entry.name);
    }
    if (member.entry.method == 0 && member.entry.stored != member.entry.size) {
      return refuse(ErrorCode::invalid_file, at + 20, "A stored member has two sizes.", member.entry.name);
    }
    at += kCentralSize + name + extra + comment;
    return member;
  }

  static Result<void> check_name(std::string_view name, std::uint64_t offset) {
    const bool safe = !name.empty() && name.front() != '/' && name.find("..") == std::string_view::npos && name.find('\\') == std::string_view::npos &&
                      name.find('\0') == std::string_view::npos && valid_utf8_prefix(name) == name.size();
    if (!safe) return refuse(ErrorCode::invalid_file, offset, "A member's name is not a plain path within the archive.", name);
    if (name.size() <= kExtension.size() || !name.ends_with(kExtension)) {
      return refuse(ErrorCode::unsupported, offset, concat({"The archive holds something beside *.npy arrays: \"", shown(name), "\"."}), name);
    }
    return {};
  }

  /// The member's own header must say what the directory says.
  Result<void> local(Member& member) {
    const Entry& entry = member.entry;
    if (member.local > begin_ || begin_ - member.local < kLocalSize || load<std::uint32_t>(bytes_.data() + member.local) != kLocalMagic) {
      return refuse(ErrorCode::invalid_file, member.local, "A member has no header where the ZIP directory says.", entry.name);
    }
    const std::byte* header = bytes_.data() + member.local;
    Entry own = common_fields(header + 6);
    const std::uint64_t name = load<std::uint16_t>(header + 26);
    const std::uint64_t extra = load<std::uint16_t>(header + 28);
    const std::uint64_t room = begin_ - member.local - kLocalSize;
    if (name + extra > room) return refuse(ErrorCode::invalid_file, member.local + 26, "A member's header runs over the directory.", entry.name);
    own.name = text_of(part(member.local + kLocalSize, name));
    if (own.name != entry.name) return refuse(ErrorCode::invalid_file, member.local + kLocalSize, "A member's name differs from the directory's.", entry.name);
    if (!widen(part(member.local + kLocalSize + name, extra), own)) return refuse(ErrorCode::invalid_file, member.local, "A 64-bit size is missing.", entry.name);
    const bool later = (own.flags & kSizesFollow) != 0;
    if (own.flags != entry.flags || own.method != entry.method ||
        (!later && (own.crc != entry.crc || own.stored != entry.stored || own.size != entry.size))) {
      return refuse(ErrorCode::invalid_file, member.local + 6, "A member's header differs from the directory.", entry.name);
    }
    member.data = member.local + kLocalSize + name + extra;
    if (entry.stored > begin_ - member.data) return refuse(ErrorCode::invalid_file, member.data, "A member runs over the directory.", entry.name);
    return {};
  }

  /// Distinct names, bytes that do not overlap, and a sum within the memory.
  static Result<void> apart(std::vector<Member>& members) {
    heap_sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
      return std::tie(a.entry.name, a.local) < std::tie(b.entry.name, b.local);
    });
    const auto twice = std::adjacent_find(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.entry.name == b.entry.name; });
    if (twice != members.end()) return refuse(ErrorCode::invalid_file, twice->local, "A name stands twice in the archive.", twice->entry.name);
    heap_sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
      return std::tie(a.local, a.entry.name) < std::tie(b.local, b.entry.name);
    });
    std::uint64_t end = 0;
    std::uint64_t total = 0;
    for (const Member& member : members) {
      if (member.local < end) return refuse(ErrorCode::invalid_file, member.local, "Two members overlap.", member.entry.name);
      end = member.data + member.entry.stored;
      if (!checked_add(total, member.entry.size, total) || total > kMemoryLimit) {
        return refuse(ErrorCode::too_large, member.local, concat({"The arrays unpack to more than ", kMemoryLimit, " bytes."}), member.entry.name);
      }
    }
    return {};
  }

  std::span<const std::byte> part(std::uint64_t at, std::uint64_t size) const {
    return bytes_.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(size));
  }

  std::span<const std::byte> bytes_;
  std::uint64_t begin_ = 0;  // of the directory: members stand before it
  std::uint64_t end_ = 0;
};

/// A member's NPY file; `room` is where a deflated one unpacks to.
Result<std::span<const std::byte>> content(const Source& source, const Member& member, Buffer<std::byte>& room) {
  const auto stored = source.bytes.subspan(static_cast<std::size_t>(member.data), static_cast<std::size_t>(member.entry.stored));
  std::span<const std::byte> content = stored;
  if (member.entry.method == 8) {
    // Deflate gives at most 1032 bytes for one: a declared size beyond that is a lie that needs no memory to be told.
    if (member.entry.size / 1032 > member.entry.stored) return refuse(ErrorCode::invalid_file, member.data, "The member cannot unpack to so many bytes.", member.entry.name);
    auto buffer = Buffer<std::byte>::of_size(member.entry.size);
    if (!buffer) return std::unexpected(std::move(buffer.error()));
    room = std::move(*buffer);
    auto done = inflate(stored, room.span(), true);
    if (!done) return refuse(done.error().code, member.data + *done.error().offset, std::move(done.error().message), member.entry.name);
    if (done->size != room.size() || done->used != stored.size()) {
      return refuse(ErrorCode::invalid_file, member.data + done->used, "The member unpacks to another size than declared.", member.entry.name);
    }
    content = room.span();
  }
  if (crc32(content) != member.entry.crc) return refuse(ErrorCode::invalid_file, member.data, "The member's sum (CRC-32) is wrong: it is damaged.", member.entry.name);
  return content;
}

std::string_view tensor_name(const Member& member) { return member.entry.name.substr(0, member.entry.name.size() - kExtension.size()); }

Result<TensorInfo> read_member(const Source& source, const Member& member) {
  Buffer<std::byte> room;
  auto bytes = content(source, member, room);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  auto report = read_npy({*bytes, bytes->size()});
  const bool deflated = member.entry.method == 8;
  if (!report) {
    Error error = std::move(report.error());
    error.offset = member.data + (deflated ? 0 : error.offset.value_or(0));
    error.field = shown(member.entry.name);
    return std::unexpected(std::move(error));
  }
  TensorInfo tensor = std::move(report->tensors[0]);
  tensor.name = tensor_name(member);
  tensor.offset = deflated ? member.data : member.data + tensor.offset;
  tensor.deflated = deflated;
  return tensor;
}

Result<std::vector<Member>> members_of(const Source& source) {
  if (source.file_size > kMemoryLimit) {
    return fail_at(ErrorCode::too_large, 0, concat({"An NPZ is read as a whole, and this one has ", source.file_size,
                                                    " bytes; the limit is ", kMemoryLimit, ". Save its arrays as .npy files."}));
  }
  if (!source.whole()) return truncated(source, source.file_size, "the ZIP archive");
  return Archive(source).members();
}

}  // namespace

Result<FileReport> read_npz(const Source& source) {
  auto members = members_of(source);
  if (!members) return std::unexpected(std::move(members.error()));
  FileReport report;
  report.format = FileFormat::npz;
  for (const Member& member : *members) {
    auto tensor = read_member(source, member);
    if (!tensor) return std::unexpected(std::move(tensor.error()));
    report.tensors.push_back(std::move(*tensor));
  }
  return report;
}

Result<UnpackedTensor> unpack_npz_tensor(const Source& source, std::string_view name) {
  auto members = members_of(source);
  if (!members) return std::unexpected(std::move(members.error()));
  for (const Member& member : *members) {
    if (tensor_name(member) != name) continue;
    UnpackedTensor out;
    auto bytes = content(source, member, out.member);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    auto report = read_npy({*bytes, bytes->size()});
    if (!report) return std::unexpected(std::move(report.error()));
    out.values = bytes->subspan(static_cast<std::size_t>(report->tensors[0].offset));
    return out;
  }
  return fail_field(ErrorCode::not_found, "tensor", concat({"The archive has no array \"", shown(name), "\"."}));
}

}  // namespace bitbudget::files

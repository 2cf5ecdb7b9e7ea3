#include "files/npy.h"

#include <array>
#include <optional>

#include "concat.h"
#include "files/json_scan.h"
#include "guard_memory.h"

namespace bitbudget::files {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxRank = 31;

struct DescrName {
  std::string_view descr;  // without its byte order
  std::string_view type;
};
constexpr std::array kDescrNames = {
    DescrName{"b1", "BOOL"}, DescrName{"i1", "I8"},  DescrName{"u1", "U8"},  DescrName{"i2", "I16"},
    DescrName{"u2", "U16"},  DescrName{"f2", "F16"}, DescrName{"i4", "I32"}, DescrName{"u4", "U32"},
    DescrName{"f4", "F32"},  DescrName{"i8", "I64"}, DescrName{"u8", "U64"}, DescrName{"f8", "F64"},
};

/// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }: exactly these three keys, in any order, once each.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::uint64_t offset) : text_(text), offset_(offset) {}

  struct Header {
    std::optional<std::string_view> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::uint64_t>> shape;
  };

  Result<Header> parse() {
    Header header;
    skip_space();
    if (!accept('{')) return refuse("the header must be a dictionary");
    for (;;) {
      skip_space();
      if (accept('}')) break;
      if (auto done = entry(header); !done) return std::unexpected(std::move(done.error()));
      skip_space();
      if (accept(',')) continue;
      if (accept('}')) break;
      return refuse("a ',' or '}' is missing");
    }
    skip_space();
    if (at_ != text_.size()) return refuse("something follows the dictionary");
    if (!header.descr) return refuse("'descr' is missing");
    if (!header.fortran_order) return refuse("'fortran_order' is missing");
    if (!header.shape) return refuse("'shape' is missing");
    return header;
  }

 private:
  std::unexpected<Error> refuse(std::string_view what) const {
    return fail_at(ErrorCode::invalid_file, offset_ + at_, concat({"The NPY header cannot be read: ", what, "."}));
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  bool accept(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool accept(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  /// '...' or "..." without escapes.
  Result<std::string_view> quoted() {
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') return refuse("a quoted name is missing");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return refuse("a quotation mark is missing");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    if (inside.find('\\') != std::string_view::npos) return refuse("a name has an escape");
    at_ = end + 1;
    return inside;
  }

  Result<void> entry(Header& header) {
    const std::size_t begin = at_;
    auto key = quoted();
    if (!key) return std::unexpected(std::move(key.error()));
    skip_space();
    if (!accept(':')) return refuse("a ':' is missing");
    skip_space();
    if (*key == "descr" && !header.descr) return descr(header);
    if (*key == "fortran_order" && !header.fortran_order) return order(header);
    if (*key == "shape" && !header.shape) return shape(header);
    at_ = begin;
    return refuse(concat({"the key '", shown(*key), "' is unknown or stands twice"}));
  }

  Result<void> descr(Header& header) {
    if (at_ < text_.size() && (text_[at_] == '[' || text_[at_] == '(' || text_[at_] == '{')) {
      return fail_at(ErrorCode::unsupported, offset_ + at_,
                     "The array has a structured type: save each of its fields as an array of its own.");
    }
    auto value = quoted();
    if (!value) return std::unexpected(std::move(value.error()));
    header.descr = *value;
    return {};
  }

  Result<void> order(Header& header) {
    if (accept("True")) header.fortran_order = true;
    else if (accept("False")) header.fortran_order = false;
    else return refuse("'fortran_order' must be True or False");
    return {};
  }

  /// (), (3,) or (3, 4): a lone number needs its comma, or it would be no tuple.
  Result<void> shape(Header& header) {
    std::vector<std::uint64_t> lengths;
    if (!accept('(')) return refuse("'shape' must be a tuple");
    bool comma = true;
    for (;;) {
      skip_space();
      if (accept(')')) break;
      if (!comma) return refuse("a ',' or ')' is missing in 'shape'");
      if (lengths.size() == kMaxRank) return refuse("'shape' has more than 31 dimensions");
      auto length = natural();
      if (!length) return std::unexpected(std::move(length.error()));
      lengths.push_back(*length);
      skip_space();
      comma = accept(',');
    }
    if (lengths.size() == 1 && !comma) return refuse("'shape' must be a tuple: (3,) and not (3)");
    header.shape = std::move(lengths);
    return {};
  }

  Result<std::uint64_t> natural() {
    const std::size_t begin = at_;
    std::uint64_t value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      if (!checked_multiply(value, 10, value) || !checked_add(value, static_cast<std::uint64_t>(text_[at_] - '0'), value)) {
        return fail_at(ErrorCode::too_large, offset_ + begin, "A dimension of the array is beyond 2^53.");
      }
      ++at_;
    }
    if (at_ == begin) return refuse("a dimension must be a decimal number");
    if (at_ - begin > 1 && text_[begin] == '0') return refuse("a dimension starts with 0");
    return value;
  }

  std::string_view text_;
  std::uint64_t offset_;
  std::size_t at_ = 0;
};

/// The header's text and where it starts.
struct HeaderText {
  unsigned major;
  std::uint64_t offset;
  std::string_view text;
};

Result<HeaderText> header_text(const Source& source) {
  Cursor cursor(source);
  auto magic = cursor.take(8, "the magic and the version of an NPY file");
  if (!magic) return std::unexpected(std::move(magic.error()));
  if (std::memcmp(magic->data(), kMagic.data(), kMagic.size()) != 0) {
    return fail_at(ErrorCode::invalid_file, 0, "This is no NPY file: its first bytes are not \\x93NUMPY.");
  }
  const auto major = std::to_integer<unsigned>((*magic)[6]);
  const auto minor = std::to_integer<unsigned>((*magic)[7]);
  if (major < 1 || major > 3 || minor != 0) {
    return fail_at(ErrorCode::unsupported, 6, concat({"NPY version ", major, ".", minor, " is not read; 1.0, 2.0 and 3.0 are."}));
  }
  std::uint64_t length = 0;
  if (major == 1) {
    auto declared = cursor.read<std::uint16_t>("the header length of an NPY file");
    if (!declared) return std::unexpected(std::move(declared.error()));
    length = *declared;
  } else {
    auto declared = cursor.read<std::uint32_t>("the header length of an NPY file");
    if (!declared) return std::unexpected(std::move(declared.error()));
    length = *declared;
  }
  if (length > kMaxNpyHeader - 12) {
    return fail_at(ErrorCode::too_large, 8, concat({"The NPY header has ", length, " bytes; at most 10000 are read."}));
  }
  const std::uint64_t offset = cursor.position();
  auto bytes = cursor.take(length, "the header of an NPY file");
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  std::size_t valid = 0;
  if (major == 3) {
    valid = valid_utf8_prefix(text);
  } else {
    while (valid < text.size() && static_cast<unsigned char>(text[valid]) < 0x80) ++valid;
  }
  if (valid != text.size()) {
    return fail_at(ErrorCode::invalid_file, offset + valid,
                   std::string("The NPY header is not ") + (major == 3 ? "UTF-8." : "ASCII: only version 3.0 may have more."));
  }
  return HeaderText{major, offset, text};
}

/// `descr` such as "<f4".
struct Descr {
  const ElementType* type;
  bool big_endian;
};

Result<Descr> element_descr(std::string_view descr, std::uint64_t offset) {
  std::string_view rest = descr;
  char order = '=';
  if (!rest.empty() && std::string_view("<>|=").find(rest[0]) != std::string_view::npos) {
    order = rest[0];
    rest.remove_prefix(1);
  }
  if (rest.starts_with('O')) {
    return fail_at(ErrorCode::unsupported, offset, "The array holds pickled Python objects, which are never loaded: save it as numbers.");
  }
  for (const DescrName& known : kDescrNames) {
    if (known.descr != rest) continue;
    const ElementType* type = find_element_type(known.type);
    if (order == '|' && type->block_bits > 8) break;  // numbers of several bytes have an order
    return Descr{type, order == '>' && type->block_bits > 8};
  }
  return fail_at(ErrorCode::unsupported, offset, concat({"The element type '", shown(descr),
                                                         "' is not read; booleans, integers and floats of up to 8 bytes are."}));
}

}  // namespace

Result<FileReport> read_npy(const Source& source) {
  auto found = header_text(source);
  if (!found) return std::unexpected(std::move(found.error()));
  auto header = HeaderParser(found->text, found->offset).parse();
  if (!header) return std::unexpected(std::move(header.error()));
  auto descr = element_descr(*header->descr, found->offset + static_cast<std::uint64_t>(header->descr->data() - found->text.data()));
  if (!descr) return std::unexpected(std::move(descr.error()));

  auto count = element_count(*header->shape);
  if (!count) return fail_at(ErrorCode::too_large, found->offset, std::move(count.error().message));
  auto bytes = stored_bytes(*descr->type, *count);
  if (!bytes) return fail_at(bytes.error().code, found->offset, std::move(bytes.error().message));
  const std::uint64_t data = found->offset + found->text.size();
  if (*bytes > source.file_size - data) return truncated({source.bytes.first(0), source.file_size}, kMaxCount, "the values of the array");
  if (*bytes < source.file_size - data) {
    return fail_at(ErrorCode::invalid_file, data + *bytes,
                   concat({source.file_size - data - *bytes, " bytes follow the array's ", *bytes, "."}));
  }

  FileReport report;
  report.format = FileFormat::npy;
  report.metadata = concat({"{\"version\":\"", found->major, ".0\",\"descr\":", json_string(*header->descr), ",\"fortran_order\":",
                            *header->fortran_order ? "true" : "false", "}"});
  report.tensors.push_back({.name = std::string(kNpyTensorName),
                            .type = descr->type,
                            .shape = std::move(*header->shape),
                            .offset = data,
                            .byte_length = *bytes,
                            .big_endian = descr->big_endian,
                            .column_major = *header->fortran_order});
  return report;
}

namespace {

Result<std::string> header_of(const ElementType& type, std::span<const std::uint64_t> shape) {
  const DescrName* name = nullptr;
  for (const DescrName& known : kDescrNames) {
    if (known.type == type.name) name = &known;
  }
  if (name == nullptr) return fail(ErrorCode::unsupported, concat({"NPY has no element type ", type.name, ": decode it to F32 first."}));
  if (shape.size() > kMaxRank) return fail(ErrorCode::invalid_argument, "NPY arrays have at most 31 dimensions.");
  if (auto count = element_count(shape); !count) return std::unexpected(std::move(count.error()));

  std::string text = "{'descr': '";
  text += type.block_bits > 8 ? '<' : '|';
  text += name->descr;
  text += "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ' ';
    text += std::to_string(shape[i]);
    if (i + 1 < shape.size() || shape.size() == 1) text += ',';
  }
  text += "), }";
  constexpr std::size_t before = 10;  // magic, version and length
  text.append(63 - (before + text.size()) % 64, ' ');
  text += '\n';
  std::string out(kMagic);
  out += {'\1', '\0', static_cast<char>(text.size() & 0xFF), static_cast<char>(text.size() >> 8)};
  return out + text;
}

}  // namespace

Result<std::string> npy_header(const ElementType& type, std::span<const std::uint64_t> shape) {
  return guard_memory([&] { return header_of(type, shape); });
}

}  // namespace bitbudget::files

#include "files/read_tensor.h"

#include <algorithm>
#include <array>

#include "beat.h"
#include "concat.h"
#include "files/inspect.h"
#include "files/npz.h"
#include "files/source.h"
#include "formats/registry.h"

namespace bitbudget::files {
namespace {

/// Puts values that come with the first index running fastest where the last one does.
class ColumnMajorScatter {
 public:
  ColumnMajorScatter(std::span<const std::uint64_t> shape, std::span<float> out) : out_(out), axes_(shape.size()) {
    std::size_t stride = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
      axes_[i] = {.length = static_cast<std::size_t>(shape[i]), .stride = stride, .at = 0};
      stride *= axes_[i].length;
    }
  }

  void put(float value) {
    out_[position_] = value;
    for (Axis& axis : axes_) {
      position_ += axis.stride;
      if (++axis.at < axis.length) return;
      position_ -= axis.at * axis.stride;
      axis.at = 0;
    }
  }

 private:
  struct Axis {
    std::size_t length;
    std::size_t stride;
    std::size_t at;
  };
  std::span<float> out_;
  std::vector<Axis> axes_;
  std::size_t position_ = 0;
};

void reverse_each(std::span<std::byte> elements, std::size_t size) {
  for (std::size_t i = 0; i < elements.size(); i += size) std::reverse(elements.begin() + static_cast<std::ptrdiff_t>(i), elements.begin() + static_cast<std::ptrdiff_t>(i + size));
}

/// Element by element, through a small buffer where they have to be turned round or moved.
void convert(const TensorInfo& tensor, std::span<const std::byte> stored, std::span<float> out) {
  if (!tensor.big_endian && !tensor.column_major) {
    constexpr std::size_t stretch = std::size_t{1} << 20;  // elements, in any type whole bytes
    for (std::size_t done = 0; done < out.size(); done += stretch) {
      tensor.type->to_f32(stored.data() + done / 8 * tensor.type->block_bits, out.subspan(done, std::min(stretch, out.size() - done)));
      beat();
    }
    return;
  }
  constexpr std::size_t chunk = 512;
  std::array<std::byte, chunk * 8> bytes;
  std::array<float, chunk> values;
  ColumnMajorScatter scatter(tensor.shape, out);
  const std::size_t size = tensor.type->block_bits / 8;
  Beats beats;
  for (std::size_t done = 0; done < out.size(); done += chunk) {
    const std::size_t count = std::min(chunk, out.size() - done);
    beats(count);
    const auto part = std::span(bytes).first(count * size);
    std::memcpy(part.data(), stored.data() + done * size, part.size());
    if (tensor.big_endian) reverse_each(part, size);
    tensor.type->to_f32(part.data(), std::span(values).first(count));
    if (tensor.column_major) {
      for (std::size_t i = 0; i < count; ++i) scatter.put(values[i]);
    } else {
      std::copy_n(values.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(done));
    }
  }
}

Result<TensorValues> read(std::span<const std::byte> file, std::string_view name, std::string_view file_name, std::uint64_t memory_limit) {
  auto report = inspect(file, {.name = file_name});
  if (!report) return std::unexpected(std::move(report.error()));
  const auto found = std::find_if(report->tensors.begin(), report->tensors.end(), [&](const TensorInfo& tensor) { return tensor.name == name; });
  if (found == report->tensors.end()) {
    return fail_field(ErrorCode::not_found, "tensor", concat({"The file has no tensor \"", shown(name), "\"."}));
  }
  if (found->type == nullptr) return fail_field(ErrorCode::unsupported, "tensor", "An index holds no values: open the file that it names.");
  const std::uint64_t count = *element_count(found->shape);
  if (count > memory_limit / sizeof(float)) {
    return fail_field(ErrorCode::too_large, "tensor", concat({"The values of \"", shown(name), "\" take ", count,
                                                              " x 4 bytes; the limit is ", memory_limit, "."}));
  }
  auto values = Buffer<float>::of_size(count);
  if (!values) return std::unexpected(std::move(values.error()));
  UnpackedTensor unpacked;
  std::span<const std::byte> stored;
  if (found->deflated) {
    auto result = unpack_npz_tensor({file, file.size()}, name);
    if (!result) return std::unexpected(std::move(result.error()));
    unpacked = std::move(*result);
    stored = unpacked.values;
  } else {
    stored = file.subspan(static_cast<std::size_t>(found->offset), static_cast<std::size_t>(found->byte_length));
  }
  if (auto done = decode_tensor(*found, stored, values->span()); !done) return std::unexpected(std::move(done.error()));
  return TensorValues{std::move(found->shape), std::move(*values)};
}

/// nullptr if the registry has none for the type.
const formats::Format* format_of(const ElementType& type) { return type.format_id.empty() ? nullptr : formats::find(type.format_id); }

}  // namespace

bool can_decode(const ElementType& type) { return type.to_f32 != nullptr || format_of(type) != nullptr; }

Result<void> decode_tensor(const TensorInfo& tensor, std::span<const std::byte> stored, std::span<float> out) {
  const ElementType* type = tensor.type;
  const auto count = element_count(tensor.shape);
  if (type == nullptr || !count || stored.size() != tensor.byte_length || out.size() != *count || stored_bytes(*type, *count) != tensor.byte_length) {
    return fail(ErrorCode::invalid_argument, "The bytes or the output do not have the size that the tensor's type and shape give.");
  }
  if (type->to_f32 != nullptr) {
    convert(tensor, stored, out);
    return {};
  }
  const formats::Format* format = format_of(*type);
  if (format == nullptr) {
    return fail_field(ErrorCode::unsupported, "type", concat({"Tensors of type ", type->name, " are listed but cannot be decoded."}));
  }
  return formats::decode(*format, stored, out, tensor.shape.empty() ? 0 : tensor.shape.back());
}

Result<TensorValues> read_tensor(std::span<const std::byte> file, std::string_view name, std::string_view file_name, std::uint64_t memory_limit) {
  return guard_memory([&] { return read(file, name, file_name, memory_limit); });
}

}  // namespace bitbudget::files

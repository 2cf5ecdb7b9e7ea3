#include "files/foreign.h"

#include <algorithm>
#include <array>

namespace bitbudget::files {
namespace {

using namespace std::string_view_literals;

struct Foreign {
  std::string_view magic;
  std::string_view message;
};

constexpr std::string_view kWebPage = "This is a web page, perhaps of an error or a sign-in, that was saved in place of the file: download the file itself.";
constexpr std::string_view kPickle =
    "This is a Python pickle, as older PyTorch checkpoints are: reading it means running code. Open the model's safetensors instead, or convert it to them.";
constexpr std::string_view kOldGgml = "This is a GGML file from before GGUF: convert it with llama.cpp's convert_llama_ggml_to_gguf.py, or download the model as GGUF.";
constexpr std::string_view kPacked = "This is a packed archive: unpack it and open the files that are in it.";

constexpr std::array kForeign = {
    Foreign{"version https://git-lfs.github.com/", "This is a Git LFS pointer, a note of where the real file lies: fetch that one with \"git lfs pull\" or from its download page."},
    Foreign{"<!DOCTYPE", kWebPage}, Foreign{"<!doctype", kWebPage}, Foreign{"<html", kWebPage}, Foreign{"<HTML", kWebPage},
    Foreign{"\x80\x02"sv, kPickle}, Foreign{"\x80\x03"sv, kPickle}, Foreign{"\x80\x04"sv, kPickle}, Foreign{"\x80\x05"sv, kPickle},
    Foreign{"lmgg", kOldGgml}, Foreign{"fmgg", kOldGgml}, Foreign{"tjgg", kOldGgml}, Foreign{"algg", kOldGgml},
    Foreign{"\x89HDF\r\n", "This is an HDF5 file, as Keras writes: convert it to safetensors, or its arrays to NPY."},
    Foreign{"\x1F\x8B"sv, kPacked}, Foreign{"\x28\xB5\x2F\xFD"sv, kPacked}, Foreign{"7z\xBC\xAF\x27\x1C"sv, kPacked}, Foreign{"BZh", kPacked}, Foreign{"\xFD" "7zXZ"sv, kPacked},
};

/// The name of a ZIP's first member, as far as it is there.
std::string_view first_member(const Source& source, std::string_view text) {
  constexpr std::size_t name_at = 30;
  if (!text.starts_with("PK\x03\x04") || text.size() < name_at) return {};
  return text.substr(name_at, load<std::uint16_t>(source.bytes.data() + 26));
}

}  // namespace

std::string_view foreign_file(const Source& source) {
  const std::string_view text{reinterpret_cast<const char*>(source.bytes.data()), source.bytes.size()};
  // PyTorch's own files are ZIPs of a pickle and raw numbers.
  if (first_member(source, text).ends_with(".pkl")) return kPickle;
  // A safetensors may begin with any length: only what stands after it tells.
  if (text.size() > 8 && text[8] == '{') return {};
  const auto* const found = std::ranges::find_if(kForeign, [&](const Foreign& foreign) { return text.starts_with(foreign.magic); });
  return found == kForeign.end() ? std::string_view{} : found->message;
}

}  // namespace bitbudget::files

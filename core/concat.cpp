#include "concat.h"

namespace bitbudget {

void TextPart::append_to(std::string& out) const {
  if (text_ != nullptr) {
    out.append(text_, size_);
    return;
  }
  if (negative_) out += '-';
  out += std::to_string(magnitude_);
}

std::string concat(std::initializer_list<TextPart> parts) {
  std::string out;
  for (const TextPart& part : parts) part.append_to(out);
  return out;
}

}  // namespace bitbudget

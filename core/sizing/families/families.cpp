#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {

extern const Family kGpt2, kLlama, kMistral, kQwen2;

namespace {

constexpr std::array kFamilies = {
    &kGpt2,
    &kLlama,
    &kMistral,
    &kQwen2,
};

}  // namespace

std::span<const Family* const> families() { return kFamilies; }

}  // namespace bitbudget::sizing

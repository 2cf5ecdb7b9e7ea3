#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {

extern const Family kLlama, kMistral, kMixtral, kQwen2, kQwen2Moe, kQwen3, kQwen3Moe, kGemma, kGemma2, kGemma3, kPhi,
    kPhi3, kDeepSeek, kGptOss, kFalcon, kStarCoder2, kGptNeoX, kOpt, kBloom, kGpt2, kMamba, kJamba, kCustom;

namespace {

constexpr std::array kFamilies = {
    &kLlama,
    &kMistral,
    &kMixtral,
    &kQwen2,
    &kQwen2Moe,
    &kQwen3,
    &kQwen3Moe,
    &kGemma,
    &kGemma2,
    &kGemma3,
    &kPhi,
    &kPhi3,
    &kDeepSeek,
    &kGptOss,
    &kFalcon,
    &kStarCoder2,
    &kGptNeoX,
    &kOpt,
    &kBloom,
    &kGpt2,
    &kMamba,
    &kJamba,
    &kCustom,
};

}  // namespace

std::span<const Family* const> families() { return kFamilies; }

}  // namespace bitbudget::sizing

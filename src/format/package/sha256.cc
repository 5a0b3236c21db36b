#include "format/package/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "base/hex.h"

namespace tutti {

Sha256::Sha256()
    : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free),
      works_(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1) {}

Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes) {
  works_ = works_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
}

Result<std::string> Sha256::finish() {
  std::array<unsigned char, 32> hash{};
  works_ = works_ && EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr) == 1;
  if (!works_) return failed("OpenSSL cannot compute SHA-256; is it restricted on this machine?");
  std::string text;
  for (const unsigned char byte : hash) text += hex_byte(byte);
  return text;
}

}  // namespace tutti

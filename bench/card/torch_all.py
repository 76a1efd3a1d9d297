"""Times PyTorch's ways to run the step, one at a time; those that compile get ready in parallel first.

  python torch_all.py RESULT.json SECONDS [--few] [--quick] [--cpu]

--few: only eager with TF32, at each size. --quick: only one way, to try the script. --cpu: on the CPU.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
target, seconds = sys.argv[1], float(sys.argv[2])
device = "cpu" if "--cpu" in sys.argv else "cuda"
end = time.monotonic() + seconds
SHAPES = [("minilm", 16, 64), ("minilm", 32, 128), ("bert-base", 16, 128)]
compiled = [
    (*SHAPES[0], "tf32", "default"), (*SHAPES[0], "bf16", "default"), (*SHAPES[0], "bf16", "reduce-overhead"),
    (*SHAPES[2], "tf32", "default"), (*SHAPES[2], "bf16", "default"),
]
eager = [(*shape, precision, "none") for shape in SHAPES for precision in ("fp32", "tf32", "bf16")]
if "--few" in sys.argv:
    compiled, eager = [], [(*shape, "tf32", "none") for shape in SHAPES]
if "--quick" in sys.argv:
    compiled, eager = [], eager[:1]
results = []


class Server:
    def __init__(self, way):
        model, rows, tokens, precision, compile_ = way
        self.way = way
        self.child = subprocess.Popen(
            [sys.executable, os.path.join(here, "torch_card.py"), model, str(rows), str(tokens),
             "--precision", precision, "--compile", compile_, "--device", device],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def answer(self):
        while True:
            line = self.lines.get(timeout=max(0.1, end - time.monotonic()))
            if line is None:
                raise RuntimeError("it ended")
            if line.startswith("{"):
                return json.loads(line)

    def ask(self, steps):
        self.child.stdin.write(json.dumps({"steps": steps}) + "\n")
        self.child.stdin.flush()
        return self.answer()

    def measure(self):
        try:
            about = self.answer()
            once = self.ask(2)["ms"] / 2
            steps = max(3, min(50, int(700 / once)))
            answers = [self.ask(steps) for _ in range(3)]
            per = sorted(t["ms"] / steps for t in answers)
            keys = ("model", "rows", "tokens", "precision", "compile")
            results.append({**dict(zip(keys, self.way)), "stepMs": round(per[1], 4),
                            "spread": [round(per[0], 4), round(per[2], 4)], "steps": steps,
                            "gpuBytes": answers[-1].get("gpuBytes"), "startMs": round(about["startMs"]),
                            "losses": answers[-1]["losses"], "torch": about["torch"]})
        except Exception as error:
            results.append({"way": self.way, "error": f"{type(error).__name__} {error}"})
        print(json.dumps(results[-1]), flush=True)
        with open(target, "w") as file:
            json.dump(results, file)

    def stop(self):
        self.child.kill()
        self.child.wait()


# Starting and compiling would disturb the measurements, so all get ready first, in parallel.
servers = [Server(way) for way in eager + compiled]
while any(s.lines.empty() for s in servers) and time.monotonic() < end - 30:
    time.sleep(0.2)
print(f"ready after {seconds - (end - time.monotonic()):.0f} s", flush=True)
for server in servers:
    if server.lines.empty():
        results.append({"way": server.way, "error": "not ready in time"})
    elif time.monotonic() > end - 3:
        results.append({"way": server.way, "error": "no time left"})
    else:
        server.measure()
    server.stop()
with open(target, "w") as file:
    json.dump(results, file)

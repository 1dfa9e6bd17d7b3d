"""What a student does with nnctl in one folder, as one process: prints what each command printed and its exit code.

Run by test_windows.py with pretended_windows. The folder's name, its files and their columns are Korean.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

from nnctl import cli

TABLE = "높이,너비,꽃\r\n" + "".join(
    f"{i % 7 + i % 2 * 9},{i % 5},{'★장미' if i % 2 else '백합'}\r\n" for i in range(40)
)
CONFIG = """# 꽃의 종류 → 두 반\r
dataset: {path: "꽃 자료.csv", target: 꽃}\r
layers:\r
  - Dense: {units: 2, activation: softmax}\r
loss: sparse_categorical_crossentropy\r
epochs: 3\r
"""


def nnctl(*arguments: str) -> None:
    """Runs a command as the console does."""
    print(f"$ nnctl {' '.join(arguments)}".encode("ascii", "replace").decode())
    sys.stdout.flush()
    try:
        cli.program.main(list(arguments))
    except SystemExit as left:
        print(f"exit {left.code}", flush=True)


def press_ctrl_c(run: Path) -> None:
    """Once the run trains."""
    while not list(run.glob("metrics.csv")):
        time.sleep(0.01)
    time.sleep(0.1)
    signal.raise_signal(signal.SIGINT)


def main() -> None:
    Path("꽃 자료.csv").write_bytes(("\ufeff" + TABLE).encode())
    Path("옛 자료.csv").write_bytes(TABLE.replace("★", "").encode("cp949"))  # as Excel saves it there
    Path("내 설정.yaml").write_bytes(CONFIG.encode())
    nnctl("init", "classify", "-o", "시작.yaml")
    nnctl("check", "시작.yaml")
    nnctl("summary", "내 설정.yaml")
    nnctl("train", "내 설정.yaml", "--run", "내 실행")
    nnctl("eval", "내 실행")
    nnctl("predict", "내 실행", "꽃 자료.csv", "-o", "답 1.csv")
    nnctl("predict", "내 실행", "꽃 자료.csv", "-o", "답 1.csv")  # over the file that is there
    nnctl("predict", "내 실행", "없는 자료.csv")
    nnctl("train", "--resume", "내 실행", "--set", "epochs=5", "--quiet")
    ctrl_c = threading.Thread(target=press_ctrl_c, args=[Path("긴 실행")])
    ctrl_c.start()
    nnctl("train", "내 설정.yaml", "--run", "긴 실행", "--epochs", "10000000", "--quiet")
    ctrl_c.join()
    nnctl("train", "내 설정.yaml", "--set", "dataset.path=옛 자료.csv", "--run", "옛 실행", "--quiet")
    nnctl(
        "train",
        "내 설정.yaml",
        "--set",
        "dataset={path: 옛 자료.csv, encoding: cp949, target: 꽃}",
        "--run",
        "옛 실행",
        "--quiet",
    )


main()

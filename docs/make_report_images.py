"""Makes docs/images/report_*.png anew: reports of runs of the bundled configs, as Chromium shows them.

    python docs/make_report_images.py [NAME...]

It needs the extra `interop-test` (playwright), Pillow and Chromium. The runs are trained in a temporary folder, which
takes about a minute.
"""

import shutil
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parent / "images"
DESKTOP, PHONE = (1280, 1500), (390, 1500)

# name of the picture -> (configs with their options, colors, size of the window, the section at its top)
PICTURES = {
    "report_classification_light": ([["iris"]], "light", DESKTOP, None),
    "report_classification_dark": ([["iris"]], "dark", DESKTOP, "predictions"),
    "report_classification_phone": ([["iris"]], "light", PHONE, None),
    "report_regression": ([["cars"]], "light", DESKTOP, "predictions"),
    "report_images": ([["digits_cnn"]], "light", DESKTOP, "inside"),
    "report_ctc": ([["digit_lines_bilstm_ctc"]], "light", DESKTOP, "predictions"),
    "report_comparison": (
        [["iris", "--set", f"optimizer.adam.learning_rate={rate}"] for rate in (0.001, 0.01, 0.1)], "light", DESKTOP,
        None,
    ),
}  # fmt: skip
COLORS = 128  # of the palette of a picture, so that it stays small


def main(chosen: list[str]) -> None:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name, (configs, colors, (width, height), section) in PICTURES.items():
            if chosen and name not in chosen:
                continue
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=colors)
            page.goto(report(Path(folder), configs).as_uri())
            if section:
                page.evaluate(f"document.documentElement.style.scrollBehavior = 'auto'; location.hash = '{section}'")
            page.wait_for_timeout(300)
            picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
            picture.quantize(COLORS, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)
            print(name, f"{(IMAGES / f'{name}.png').stat().st_size / 1000:.0f} kB")
            page.close()
        browser.close()


def report(folder: Path, configs: list[list[str]]) -> Path:
    """The report of the runs of these configs, each of which is trained once."""
    runs = []
    for config in configs:
        run = folder / "runs" / config[-1].rpartition(".adam.")[2].replace("=", "_")
        if not run.exists():
            nnctl(folder, "train", *config, "--run", str(run), "-q")
        runs.append(str(run))
    file = folder / f"{Path(runs[0]).name}-{len(runs)}.html"
    if not file.exists():
        nnctl(folder, "report", *runs, "-o", str(file))
    return file


def nnctl(folder: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "nnctl", *arguments], cwd=folder, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
